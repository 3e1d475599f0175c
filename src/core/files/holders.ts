import type { HostId } from '../ids.ts';
import { compareText } from '../ids.ts';
import { isReachable } from '../membership/peers.ts';
import type { AgentState, PlanState } from '../state.ts';
import { hasBit } from './bits.ts';

/** A host that gave so many corrupt files is asked for those alone that nobody else has, as long as it lives. */
const blamesMax = 3;

/** True when a live host other than this one has the file, and may be asked for it. */
export const hasSource = (state: AgentState, { files }: PlanState, task: number): boolean => {
  for (const [host, { has }] of files.claims) {
    if (hasBit(has, task) && isReachable(state, host)) return true;
  }
  return false;
};

/** The live hosts other than this one that have the file and are to be asked for it, by id. */
export const listSources = (state: AgentState, plan: PlanState, task: number): readonly HostId[] => {
  const holders = listHolders(state, plan, task);
  const sound = holders.filter((host) => !isShunned(state, host));
  // Where two hosts are all there is, who never asks the other one again waits for ever.
  return sound.length > 0 ? sound : holders;
};

/** The live hosts other than this one that have the file, by id. */
export const listHolders = (state: AgentState, { files }: PlanState, task: number): readonly HostId[] => {
  const hosts: HostId[] = [];
  for (const [host, { has }] of files.claims) {
    if (hasBit(has, task) && isReachable(state, host)) hosts.push(host);
  }
  return hosts.sort(compareText);
};

/** How many corrupt files that host has given, where that counts. */
export const countBlames = ({ fetching, rules }: AgentState, host: HostId): number =>
  rules.blameCorrupt ? (fetching.blames.get(host) ?? 0) : 0;

const isShunned = (state: AgentState, host: HostId): boolean => countBlames(state, host) >= blamesMax;

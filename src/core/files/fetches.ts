import { itemAt } from '../assert.ts';
import type { HostId } from '../ids.ts';
import type { Event } from '../input.ts';
import type { Backoff, Limits } from '../limits.ts';
import { backoffMs } from '../limits.ts';
import { drawItem } from '../random.ts';
import type { AgentState, PlanState, Step } from '../state.ts';
import { findPlan } from '../state.ts';
import { hasBit } from './bits.ts';
import type { Setback } from './files.ts';
import { removeMine } from './files.ts';
import { noteHere, removeClaim } from './have.ts';
import { countBlames, hasSource, listSources } from './holders.ts';
import { findWant } from './needs.ts';

const recheckMs = 1_000;

type EventOf<Kind extends Event['kind']> = Extract<Event, { readonly kind: Kind }>;

/**
 * Whether a task could start here as far as files go. `coming`: what is missing is on its way, or will be asked for. `lost`: of
 * some file no live host has been known for `suspectMs` (a broken connection is often back by then, and a new one's list comes
 * with its first heartbeat), or it could not be had for `lostFileMs`: the task is better off on another host.
 */
export const checkFiles = (step: Step, plan: PlanState, task: number): 'here' | 'coming' | 'lost' => {
  if (!plan.usesFiles) return 'here';
  const want = findWant(plan, task);
  if (want.missing.length === 0) return 'here';
  const { state, now } = step;
  // Many files, each of which any of many hosts may have: what was in reach a moment ago is not looked for at every step.
  if (want.comingAtMs !== undefined && now.now - want.comingAtMs < recheckMs) return 'coming';
  const isLost =
    isHopeless(state.fetching.full, now.now, state.limits) ||
    want.missing.some((need) => isOutOfReach(step, plan, need));
  want.comingAtMs = isLost ? undefined : now.now;
  return isLost ? 'lost' : 'coming';
};

/**
 * Has what a task needs and is not here fetched, as much of it as may be fetched at a time. To be called at each step for each
 * task that waits for files here, those first that are to run first: it remembers nothing but what is on its way.
 */
export const wantFiles = (step: Step, plan: PlanState, task: number): void => {
  if (!plan.usesFiles || !mayFetch(step)) return;
  for (const need of findWant(plan, task).missing) {
    if (startFetch(step, plan, need) && !mayFetch(step)) return;
  }
};

/** True when one more file may be fetched now. */
export const mayFetch = ({ state, now }: Step): boolean => {
  const { full } = state.fetching;
  if (full !== undefined && now.now < full.untilMs) return false;
  const fetches = state.plans.reduce((sum, { files }) => sum + files.fetches.size, 0);
  return fetches < state.limits.mesh.fetchesMax;
};

/**
 * Asks for a file, of whom it has not been asked in this round; false when it is here or on its way, when nobody can be asked, or
 * when it is to wait.
 */
export const startFetch = (step: Step, plan: PlanState, task: number): boolean => {
  const { state, now, effects } = step;
  const { files, planId } = plan;
  const digests = files.digests.get(task);
  // Without a digest the fact has not come yet: nobody could say which file is the right one.
  if (digests === undefined || files.fetches.has(task) || hasBit(files.mine, task)) return false;
  const retry = files.retries.get(task);
  const sources = listSources(state, plan, task);
  const fresh = sources.filter((host) => retry?.tried.includes(host) !== true);
  if (fresh.length === 0 && retry !== undefined) {
    if (now.now < retry.untilMs) return false;
    files.retries.set(task, { ...retry, tried: [] });
  }
  const from = chooseSource(state, fresh.length > 0 ? fresh : sources);
  if (from === undefined) return false;
  files.fetches.set(task, from);
  const { name } = itemAt(plan.progress.table.tasks, task);
  effects.push({ kind: 'fetchFile', planId, task: name, digests, from });
  return true;
};

/**
 * Of two hosts drawn by chance the one that this agent fetches less from: what many want at once spreads like a tree, since who has
 * got it gives it on. Hosts that gave corrupt files come last.
 */
const chooseSource = (state: AgentState, hosts: readonly HostId[]): HostId | undefined => {
  const good = hosts.filter((host) => countBlames(state, host) === 0);
  const pool = good.length > 0 ? good : hosts;
  const one = drawItem(state.random, pool);
  const other = drawItem(state.random, pool);
  if (one === undefined || other === undefined) return undefined;
  return countFrom(state, other) < countFrom(state, one) ? other : one;
};

const countFrom = ({ plans }: AgentState, host: HostId): number => {
  let count = 0;
  for (const { files } of plans) {
    for (const from of files.fetches.values()) if (from === host) count += 1;
  }
  return count;
};

/** A file has come, whole and right: as this agent asked, or by other ways of its shell. */
export const hearFetched = ({ state }: Step, { planId, task: name }: EventOf<'fileFetched'>): void => {
  const plan = findPlan(state, planId);
  const task = plan?.progress.table.indexOf.get(name);
  if (plan === undefined || task === undefined) return;
  plan.files.fetches.delete(task);
  state.fetching.full = undefined;
  noteHere(plan, task);
};

/** A file has not come. Another host is asked for it, or the same one later. */
export const hearNotFetched = (step: Step, event: EventOf<'fileNotFetched'>): void => {
  const { state, now } = step;
  const { planId, from, why } = event;
  const plan = findPlan(state, planId);
  const task = plan?.progress.table.indexOf.get(event.task);
  if (plan === undefined || task === undefined || plan.files.fetches.get(task) !== from) return;
  const { files } = plan;
  files.fetches.delete(task);
  const { fetchPause } = state.limits.mesh;
  switch (why) {
    case 'gone':
      removeClaim(plan, from, task);
      break;
    case 'corrupt':
      state.fetching.blames.set(from, (state.fetching.blames.get(from) ?? 0) + 1);
      removeClaim(plan, from, task);
      break;
    case 'unreachable': {
      const before = dropStale(files.retries.get(task), now.now, state.limits);
      const tried = [...(before?.tried ?? []), from];
      files.retries.set(task, { ...addSetback(before, now.now, fetchPause), tried });
      break;
    }
    case 'full':
      state.fetching.full = addSetback(
        dropStale(state.fetching.full, now.now, state.limits),
        now.now,
        fetchPause,
      );
      // The coordinator finds a host with more room.
      for (const other of state.plans) other.files.copies.clear();
      break;
  }
};

/** A file that was here is not here any more. */
export const hearFileGone = ({ state }: Step, { planId, task: name }: EventOf<'fileGone'>): void => {
  const plan = findPlan(state, planId);
  const task = plan?.progress.table.indexOf.get(name);
  if (plan !== undefined && task !== undefined) removeMine(plan.files, task);
};

/** When something is to be tried again, or to be given up: times of the monotonic clock, those that are over too. */
export const listFetchDeadlines = (state: AgentState): readonly number[] => {
  const { lostFileMs, suspectMs } = state.limits.mesh;
  const times: number[] = [];
  const { full } = state.fetching;
  if (full !== undefined) times.push(full.untilMs, full.sinceMs + lostFileMs);
  for (const { files } of state.plans) {
    for (const { untilMs, sinceMs } of files.retries.values()) times.push(untilMs, sinceMs + lostFileMs);
    for (const sinceMs of files.unheld.values()) times.push(sinceMs + suspectMs);
  }
  return times;
};

const isOutOfReach = ({ state, now }: Step, plan: PlanState, need: number): boolean => {
  const { files } = plan;
  if (files.fetches.has(need)) return false;
  if (isHopeless(files.retries.get(need), now.now, state.limits)) return true;
  // Its fact is on its way, or what it is needed by was granted by mistake.
  if (!hasBit(files.built, need) || hasSource(state, plan, need)) {
    files.unheld.delete(need);
    return false;
  }
  const sinceMs = files.unheld.get(need) ?? now.now;
  files.unheld.set(need, sinceMs);
  return now.now - sinceMs >= state.limits.mesh.suspectMs;
};

const addSetback = (before: Setback | undefined, nowMs: number, pause: Backoff): Setback => {
  const failures = (before?.failures ?? 0) + 1;
  return { failures, sinceMs: before?.sinceMs ?? nowMs, untilMs: nowMs + backoffMs(pause, failures) };
};

/** It has been tried in vain for so long that it will not be better soon. What nobody has tried of late may be well again. */
const isHopeless = (setback: Setback | undefined, nowMs: number, limits: Limits): boolean =>
  dropStale(setback, nowMs, limits) !== undefined &&
  setback !== undefined &&
  nowMs - setback.sinceMs >= limits.mesh.lostFileMs;

const dropStale = <Kind extends Setback>(
  setback: Kind | undefined,
  nowMs: number,
  { mesh }: Limits,
): Kind | undefined =>
  setback !== undefined && nowMs - setback.untilMs < mesh.lostFileMs ? setback : undefined;

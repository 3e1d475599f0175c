import { itemAt } from '../assert.ts';
import type { Life } from '../ids.ts';
import { listReachable, type Peer } from '../membership/peers.ts';
import type { Load } from '../message.ts';
import type { AgentState, PlanState, Step } from '../state.ts';
import { lifeOf } from '../state.ts';
import { expectTime } from './jobs.ts';
import { measureLoad } from './load.ts';
import type { Pace } from './slack.ts';
import { findCommonSpeed, speedOf } from './speed.ts';

/** A host that tasks may go to, as the coordinator expects it to be. */
export interface Place {
  readonly life: Life;
  /** This host itself: its slots take from the heap when they are ready, so that nothing is granted to it ahead. */
  readonly isHere: boolean;
  readonly load: Load;
  readonly speed: number;
  readonly cores: number;
  /** What it holds by the coordinator's table, these grants included. */
  running: number;
  queued: number;
  /** What queued tasks will take of its memory, bytes. */
  promisedBytes: number;
  /** Cores that what it holds needs. */
  needed: number;
  /** When each of its slots will be free, from now on, the first one first, milliseconds. */
  readonly freeMs: number[];
}

/** What all hosts that may run tasks of a plan can do, this one first. */
export const listPaces = (state: AgentState, plan: PlanState): readonly Pace[] => {
  const common = findCommonSpeed(state);
  const mine = { cores: state.allowance.cores, speed: speedOf(state, lifeOf(state).host, common) };
  const others = listReachable(state).flatMap((peer) => {
    const { hello, load, isLeaving } = peer;
    if (load === undefined || load.usable === 0 || isLeaving || !isFitThere(peer, plan)) return [];
    return [{ cores: hello.cores, speed: speedOf(state, hello.life.host, common) }];
  });
  return isFitHere(state, plan) && !state.isDrained ? [mine, ...others] : others;
};

/** The hosts that live, with what they hold, this one first. */
export const listPlaces = (step: Step): readonly Place[] => {
  const { state } = step;
  const load = measureLoad(step);
  const common = findCommonSpeed(state);
  const life = lifeOf(state);
  const speed = speedOf(state, life.host, common);
  const here = { life, isHere: true, load, speed, cores: state.allowance.cores };
  const places = [
    makePlace(here),
    ...listReachable(state).flatMap(({ hello, load, status, isLeaving }) => {
      if (load === undefined || status !== 'alive' || isLeaving) return [];
      const { cores } = hello;
      const pace = speedOf(state, hello.life.host, common);
      return [makePlace({ life: hello.life, isHere: false, load, speed: pace, cores })];
    }),
  ];
  const byHost = new Map(places.map((place) => [place.life.host, place]));
  for (const plan of state.plans) {
    for (const owner of plan.owners.duplicates.values()) count(byHost.get(owner.life.host), owner.isRunning);
    for (const [task, owner] of plan.owners.byTask) {
      const place = byHost.get(owner.life.host);
      if (place === undefined) continue;
      count(place, owner.isRunning);
      place.needed += plan.owners.cores.get(task) ?? 1;
      if (owner.isRunning) occupy(place, expectRest(owner, step.now.now));
    }
  }
  for (const place of places) openSlots(place);
  for (const plan of state.plans) {
    for (const [task, owner] of plan.owners.byTask) {
      const place = byHost.get(owner.life.host);
      if (place !== undefined && !owner.isRunning) reserve(state, place, plan, task);
    }
  }
  return places;
};

const makePlace = (host: Pick<Place, 'life' | 'isHere' | 'load' | 'speed' | 'cores'>): Place => ({
  ...host,
  running: 0,
  queued: 0,
  promisedBytes: 0,
  needed: 0,
  freeMs: [],
});

const count = (place: Place | undefined, isRunning: boolean): void => {
  if (place === undefined) return;
  if (isRunning) place.running += 1;
  else place.queued += 1;
};

/** What is overdue is expected to go on for a quarter of the time that it has taken. */
const expectRest = (
  { endAtMs, sinceMs }: { readonly endAtMs: number | undefined; readonly sinceMs: number },
  nowMs: number,
): number => (endAtMs !== undefined && endAtMs > nowMs ? endAtMs - nowMs : (nowMs - sinceMs) / 4);

const occupy = ({ freeMs }: Place, restMs: number): void => {
  freeMs.push(restMs);
};

/** As many as may run there at a time, in the order in which they come free. */
const openSlots = ({ load, freeMs }: Place): void => {
  while (freeMs.length < load.usable) freeMs.push(0);
  freeMs.sort((a, b) => a - b);
  // With more runs than slots, the first ones to end make no room.
  freeMs.splice(0, freeMs.length - load.usable);
};

/** One more task for that place: it takes the slot that comes free first. */
export const reserve = (state: AgentState, place: Place, plan: PlanState, task: number): void => {
  const { freeMs } = place;
  const first = freeMs.shift();
  if (first === undefined) return;
  const endMs = first + timeAt(state, place, plan, task);
  let at = freeMs.length;
  while (at > 0 && itemAt(freeMs, at - 1) > endMs) at -= 1;
  freeMs.splice(at, 0, endMs);
};

/** How long a task is expected to take there, milliseconds. */
export const timeAt = ({ limits }: AgentState, { speed }: Place, plan: PlanState, task: number): number =>
  expectTime(limits, itemAt(plan.progress.table.tasks, task), limits.usualJobs) / speed;

/** True when hosts of that platform may run tasks of the plan. */
export const isOfPlatform = (plan: PlanState, platform: string): boolean =>
  plan.platform === '' || plan.platform === platform;

/** True when this host may run tasks of the plan. */
export const isFitHere = ({ mesh }: AgentState, plan: PlanState): boolean =>
  plan.isFit && isOfPlatform(plan, mesh.platform);

/** True when that host has the plan, and may run tasks of it. */
export const isFitThere = ({ hello, plans, unfit }: Peer, plan: PlanState): boolean =>
  plans.has(plan.planId) && !unfit.has(plan.planId) && isOfPlatform(plan, hello.platform);

import { itemAt } from './assert.ts';
import { choosePlace, countRoomHere } from './dispatch/choice.ts';
import { inFairOrder, measureNeed, suits } from './dispatch/grant.ts';
import type { DiskLevel, Ledger, Shortage } from './dispatch/ledger.ts';
import { findShortage, measureDisk, reserveFor } from './dispatch/ledger.ts';
import { isFitHere, listPlaces, reserve } from './dispatch/places.ts';
import type { Wait } from './dispatch/wait.ts';
import { isOpen } from './election/role.ts';
import { checkFiles, wantFiles } from './files/fetches.ts';
import { isStarved } from './files/starved.ts';
import type { Choice } from './graph/progress.ts';
import { peekReady, takeReady } from './graph/progress.ts';
import { isHeldByMinority } from './membership/minority.ts';
import { listReachable } from './membership/peers.ts';
import type { Holding } from './queue/queue.ts';
import { listQueue } from './queue/queue.ts';
import type { AgentState, PlanState, Step } from './state.ts';
import { isWithdrawn, listActivePlans, listRuns } from './state.ts';

/** A task to be run now; or one to wait here for its files; or why none is; or there is none. */
export type Found =
  | { readonly kind: 'queued'; readonly holding: Holding }
  | { readonly kind: 'ready'; readonly plan: PlanState; readonly task: number }
  | { readonly kind: 'fetch'; readonly plan: PlanState; readonly task: number }
  | { readonly kind: 'wait'; readonly wait: Wait }
  | { readonly kind: 'none' };

/**
 * What the next free slot runs: of what waits here the first that fits, else, where this agent coordinates, of what is ready
 * and nobody's. What does not fit beside the runs lets others go first, for a while; with nothing beside it everything fits.
 */
export const searchTask = (step: Step, ledger: Ledger): Found => {
  const { state } = step;
  const plans = isOpen(state) ? listOpenPlans(state) : [];
  if ((state.queue.length === 0 && plans.length === 0) || isHeldByMinority(step)) return { kind: 'none' };
  const runs = listRuns(state);
  const sole = runs.find(({ alone }) => alone);
  if (sole !== undefined) return { kind: 'wait', wait: { kind: 'alone', task: sole.name } };
  const level = measureDisk(state.resources, state.limits);
  if (level === 'full' || (level !== 'ample' && runs.length > 0)) return waitForDisk(ledger, level);
  const sieve = openSieve(step, ledger, runs.length === 0);
  for (const holding of listQueue(state)) {
    const { plan, task } = holding;
    if (isWithdrawn(state, plan) || !hasFiles(step, plan, task)) continue;
    const choice = sieve.choose(plan, task);
    if (choice === 'take') return { kind: 'queued', holding };
    if (choice === 'stop') return sieve.result();
  }
  for (const plan of plans) {
    const found = searchHeap(step, plan, sieve);
    if (found !== undefined) return found;
    if (sieve.isShut()) break;
  }
  return sieve.result();
};

const listOpenPlans = (state: AgentState): readonly PlanState[] => {
  const plans = listActivePlans(state).filter(
    (plan) => isFitHere(state, plan) && (plan.lost.size > 0 || peekReady(plan.progress) !== undefined),
  );
  return inFairOrder(state, plans);
};

const waitForDisk = ({ resources }: Ledger, level: DiskLevel): Found => {
  const { diskFreeBytes = 0, diskTotalBytes = 0 } = resources ?? {};
  const isFull = level === 'full';
  const wait = { kind: 'disk', isFull, freeBytes: diskFreeBytes, totalBytes: diskTotalBytes } as const;
  return { kind: 'wait', wait };
};

/** What lets tasks through that fit beside what runs, and remembers why others did not. */
interface Sieve {
  choose(plan: PlanState, task: number): Choice;
  /** Nothing may go before the task that did not fit. */
  isShut(): boolean;
  result(): Found;
}

const openSieve = ({ state, now }: Step, ledger: Ledger, isIdle: boolean): Sieve => {
  let wait: Wait | undefined;
  let isShut = false;
  const shut = (): Choice => {
    isShut = true;
    return 'stop';
  };
  return {
    isShut: () => isShut,
    result: () => (wait === undefined ? { kind: 'none' } : { kind: 'wait', wait }),
    choose: (plan, task) => {
      if (isIdle) return 'take';
      const details = itemAt(plan.progress.table.tasks, task);
      if (plan.records.get(task)?.aloneJobs !== undefined) {
        wait ??= { kind: 'alone', task: details.name };
        return shut();
      }
      const shortage = findShortage(
        ledger,
        reserveFor(details, { kind: 'disk' }, state.limits),
        state.limits,
      );
      if (shortage === undefined) return 'take';
      wait ??= waitForRoom(details.name, shortage);
      const sinceMs = plan.passedOver.get(task) ?? now.now;
      plan.passedOver.set(task, sinceMs);
      return now.now - sinceMs >= state.limits.patienceMs ? shut() : 'skip';
    },
  };
};

/** The first of what is ready, and of what is to be built again, that is for this host. */
const searchHeap = (step: Step, plan: PlanState, sieve: Sieve): Found | undefined => {
  const { state } = step;
  const judge = judgeHere(step, plan);
  for (const task of plan.lost.keys()) {
    if (plan.owners.byTask.has(task) || isStarved(state, plan, task)) continue;
    if (!hasFiles(step, plan, task)) return fetchHere(step, plan, task);
    if (sieve.choose(plan, task) === 'take') return { kind: 'ready', plan, task };
  }
  let isFetch = false;
  const choose = (task: number): Choice => {
    if (!judge(task) || isStarved(state, plan, task)) return 'skip';
    isFetch = plan.usesFiles && checkFiles(step, plan, task) !== 'here';
    if (isFetch) return countRoomHere(state) > 0 ? 'take' : 'skip';
    return sieve.choose(plan, task);
  };
  const task = takeReady(plan.progress, choose, state.limits.looksMax);
  return task === undefined ? undefined : { kind: isFetch ? 'fetch' : 'ready', plan, task };
};

const fetchHere = (step: Step, plan: PlanState, task: number): Found | undefined =>
  countRoomHere(step.state) > 0 ? { kind: 'fetch', plan, task } : undefined;

/** Whether a task is for this host, as the coordinator would grant it. To be asked about ready tasks in their order. */
const judgeHere = (step: Step, plan: PlanState): ((task: number) => boolean) => {
  const { state } = step;
  if (listReachable(state).length === 0) return () => true;
  const places = listPlaces(step).filter(({ life }) => suits(state, life.host, plan));
  if (places.length < 2) return () => true;
  const measure = measureNeed(step, plan);
  return (task) => {
    const place = choosePlace(state, { plan, task, places, need: measure(task) });
    if (place?.isHere === true) return true;
    if (place !== undefined) reserve(state, place, plan, task);
    return false;
  };
};

/** True when the files of all that a task needs are here; else they are fetched. */
const hasFiles = (step: Step, plan: PlanState, task: number): boolean => {
  if (!plan.usesFiles || checkFiles(step, plan, task) === 'here') return true;
  wantFiles(step, plan, task);
  return false;
};

const waitForRoom = (task: Extract<Wait, { kind: 'room' }>['task'], shortage: Shortage): Wait => ({
  kind: 'room',
  task,
  ...shortage,
});

import { itemAt } from './assert.ts';
import type { DiskLevel, Ledger, Shortage } from './dispatch/ledger.ts';
import { findShortage, measureDisk, reserveFor } from './dispatch/ledger.ts';
import type { Wait } from './dispatch/wait.ts';
import type { Choice } from './graph/progress.ts';
import { takeReady } from './graph/progress.ts';
import type { PlanState, Step } from './state.ts';
import { listActivePlans, listRuns } from './state.ts';

/** A task, taken out of the ready ones to be run now; or why none is; or there is none. */
type Found =
  | { readonly kind: 'found'; readonly plan: PlanState; readonly task: number }
  | { readonly kind: 'wait'; readonly wait: Wait }
  | { readonly kind: 'none' };

/**
 * The first plan that has something ready that fits gives it: the others fill what it leaves. What does not fit beside
 * the runs lets others go first, for a while; with nothing beside it everything fits.
 */
export const searchTask = (step: Step, ledger: Ledger): Found => {
  const { state } = step;
  const plans = listActivePlans(state).filter(({ progress }) => progress.counts.ready > 0);
  if (plans.length === 0) return { kind: 'none' };
  const runs = listRuns(state);
  const sole = runs.find(({ alone }) => alone);
  if (sole !== undefined) return { kind: 'wait', wait: { kind: 'alone', task: sole.name } };
  const level = measureDisk(state.resources, state.limits);
  if (level === 'full' || (level !== 'ample' && runs.length > 0)) return waitForDisk(ledger, level);
  let first: Wait | undefined;
  for (const plan of plans) {
    const { task, wait, isBarrier } = searchPlan(step, plan, ledger, runs.length === 0);
    if (task !== undefined) return { kind: 'found', plan, task };
    first ??= wait;
    if (isBarrier) break;
  }
  return first === undefined ? { kind: 'none' } : { kind: 'wait', wait: first };
};

const waitForDisk = ({ resources }: Ledger, level: DiskLevel): Found => {
  const { diskFreeBytes = 0, diskTotalBytes = 0 } = resources ?? {};
  const isFull = level === 'full';
  const wait = { kind: 'disk', isFull, freeBytes: diskFreeBytes, totalBytes: diskTotalBytes } as const;
  return { kind: 'wait', wait };
};

interface PlanSearch {
  readonly task: number | undefined;
  /** Why the first one that was looked at did not fit. */
  readonly wait: Wait | undefined;
  /** Nothing may go before the task that did not fit. */
  readonly isBarrier: boolean;
}

const searchPlan = (step: Step, plan: PlanState, ledger: Ledger, isIdle: boolean): PlanSearch => {
  const { state, now } = step;
  let wait: Wait | undefined;
  let isBarrier = false;
  const stop = (): Choice => {
    isBarrier = true;
    return 'stop';
  };
  const choose = (task: number): Choice => {
    if (isIdle) return 'take';
    const details = itemAt(plan.progress.table.tasks, task);
    if (plan.records.get(task)?.aloneJobs !== undefined) {
      wait ??= { kind: 'alone', task: details.name };
      return stop();
    }
    const shortage = findShortage(ledger, reserveFor(details, { kind: 'disk' }, state.limits), state.limits);
    if (shortage === undefined) return 'take';
    wait ??= waitForRoom(details.name, shortage);
    const sinceMs = plan.passedOver.get(task) ?? now.now;
    plan.passedOver.set(task, sinceMs);
    return now.now - sinceMs >= state.limits.patienceMs ? stop() : 'skip';
  };
  return { task: takeReady(plan.progress, choose, state.limits.looksMax), wait, isBarrier };
};

const waitForRoom = (task: Extract<Wait, { kind: 'room' }>['task'], shortage: Shortage): Wait => ({
  kind: 'room',
  task,
  ...shortage,
});

import { itemAt } from '../assert.ts';
import { listByRank } from '../graph/progress.ts';
import type { Limits } from '../limits.ts';
import type { PlanState } from '../state.ts';
import { stretchBy } from './jobs.ts';

/** What a host can do. */
export interface Pace {
  readonly cores: number;
  readonly speed: number;
}

/** How a plan stands. */
export interface Horizon {
  /** When it could be over if each task had all cores of a host, or else if no core ever idled, milliseconds. */
  readonly remainingMs: number;
  /** Speed of the fastest host. */
  readonly fastest: number;
}

/**
 * How soon a plan could be over: the work that is left on all cores, or the longest path that is left, on the fastest host, if
 * that is more. What is expected of each task beside it says how much it may be slowed down.
 */
export const findHorizon = (
  limits: Limits,
  { progress, owners }: PlanState,
  paces: readonly Pace[],
  nowMs: number,
): Horizon => {
  const { rankMs, tasks } = progress.table;
  const fastest = Math.max(0.01, ...paces.map(({ speed }) => speed));
  let longestMs = 0;
  let doneMs = 0;
  for (const [task, { endAtMs, sinceMs }] of owners.byTask) {
    if (endAtMs === undefined) continue;
    const { estimateMs } = itemAt(tasks, task);
    const left = endAtMs > nowMs ? (endAtMs - nowMs) / Math.max(1, endAtMs - sinceMs) : 0;
    longestMs = Math.max(longestMs, itemAt(rankMs, task) - (1 - left) * estimateMs);
    doneMs += (1 - left) * estimateMs;
  }
  for (const task of listByRank(progress)) {
    if (owners.byTask.get(task)?.endAtMs !== undefined) continue;
    longestMs = Math.max(longestMs, itemAt(rankMs, task));
    break;
  }
  const widest = Math.max(1, ...paces.map(({ cores }) => cores));
  const cores = paces.reduce((sum, pace) => sum + pace.cores * pace.speed, 0);
  const coreMs = Math.max(0, progress.workLeftMs - doneMs) * stretchBy(limits, 1);
  const pathMs = (longestMs * stretchBy(limits, widest)) / fastest;
  return { remainingMs: Math.max(pathMs, coreMs / Math.max(0.01, cores)), fastest };
};

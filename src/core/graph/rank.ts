import { itemAt } from '../assert.ts';
import type { Edges } from './edges.ts';
import { sortTopologically } from './edges.ts';

/** What the order of dispatch is made of, one number for each task. */
export interface Ranks {
  /** Longest path from this task to the end of the plan, its own time included, milliseconds. */
  readonly rankMs: Float64Array;
  /** The highest weight of the task and of everything that depends on it, directly or not. */
  readonly urgency: Float64Array;
}

/** Weighs every task of an acyclic graph in one pass from the last tasks to the first. */
export const rankTasks = (
  estimateMs: ArrayLike<number>,
  weight: ArrayLike<number>,
  needs: Edges,
  dependents: Edges,
): Ranks => {
  const order = sortTopologically(needs, dependents);
  const rankMs = new Float64Array(estimateMs.length);
  const urgency = new Float64Array(estimateMs.length);
  const { start, target } = dependents;
  for (let place = order.length - 1; place >= 0; place--) {
    const task = itemAt(order, place);
    let longest = 0;
    let most = itemAt(weight, task);
    for (let edge = itemAt(start, task); edge < itemAt(start, task + 1); edge++) {
      const dependent = itemAt(target, edge);
      longest = Math.max(longest, itemAt(rankMs, dependent));
      most = Math.max(most, itemAt(urgency, dependent));
    }
    rankMs[task] = longest + itemAt(estimateMs, task);
    urgency[task] = most;
  }
  return { rankMs, urgency };
};

/**
 * No schedule is shorter than this: `max(longest path, work / slots)`, milliseconds, for tasks that take `timeMs`.
 */
export const findLowerBound = (
  timeMs: ArrayLike<number>,
  needs: Edges,
  dependents: Edges,
  slots: number,
): number => {
  const { rankMs } = rankTasks(timeMs, timeMs, needs, dependents);
  let longest = 0;
  let work = 0;
  for (let task = 0; task < timeMs.length; task++) {
    longest = Math.max(longest, itemAt(rankMs, task));
    work += itemAt(timeMs, task);
  }
  return Math.max(longest, work / Math.max(1, slots));
};

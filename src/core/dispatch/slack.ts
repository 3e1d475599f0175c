import { itemAt } from '../assert.ts';
import { listByRank } from '../graph/progress.ts';
import type { AgentState, PlanState } from '../state.ts';

/** What a host can do, for the question whether it should take a task. */
export interface Pace {
  /** Tasks at a time. */
  readonly usable: number;
  readonly speed: number;
}

/** How a plan stands, for the slack rule. */
export interface Horizon {
  /** Expected remaining time of the whole plan, milliseconds. */
  readonly remainingMs: number;
  /** Speed of the fastest host. */
  readonly fastest: number;
}

/**
 * Expected remaining time of a plan: the work that is left on all hosts, or the longest path that is left, at the speed of the
 * fastest host, if that is more.
 */
export const findHorizon = (plan: PlanState, paces: readonly Pace[], nowMs: number): Horizon => {
  const { progress, owners } = plan;
  const { rankMs, tasks } = progress.table;
  const fastest = Math.max(0.01, ...paces.map(({ speed }) => speed));
  const capacity = Math.max(
    0.01,
    paces.reduce((sum, { usable, speed }) => sum + usable * speed, 0),
  );
  let longestMs = 0;
  let doneMs = 0;
  for (const [task, { endAtMs }] of owners.byTask) {
    if (endAtMs === undefined) continue;
    const { estimateMs } = itemAt(tasks, task);
    const leftMs = Math.max(0, endAtMs - nowMs);
    longestMs = Math.max(longestMs, leftMs + (itemAt(rankMs, task) - estimateMs) / fastest);
    doneMs += Math.max(0, estimateMs - leftMs * fastest);
  }
  for (const task of listByRank(progress)) {
    if (owners.byTask.get(task)?.endAtMs !== undefined) continue;
    longestMs = Math.max(longestMs, itemAt(rankMs, task) / fastest);
    break;
  }
  const workMs = Math.max(0, progress.workLeftMs - doneMs) / capacity;
  return { remainingMs: Math.max(longestMs, workMs), fastest };
};

/**
 * The slack rule: a host takes a task only when the plan need not wait for it. A slow idle host that takes a task of the
 * longest path makes the whole plan as slow as itself, and nobody can take it back. The fastest hosts take everything.
 */
export const isInTime = (
  { rules }: AgentState,
  plan: PlanState,
  task: number,
  speed: number,
  { remainingMs, fastest }: Horizon,
): boolean => {
  if (!rules.slackRule || speed >= fastest * 0.999) return true;
  const { estimateMs } = itemAt(plan.progress.table.tasks, task);
  const behindMs = itemAt(plan.progress.table.rankMs, task) - estimateMs;
  return estimateMs / speed + behindMs / fastest <= remainingMs;
};

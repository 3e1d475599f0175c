import type { SlotSeconds } from './accounting.ts';
import { readAccount } from './accounting.ts';
import { itemAt } from './assert.ts';
import type { Wait } from './dispatch/wait.ts';
import { findDependents } from './graph/blocked.ts';
import { listByRank } from './graph/progress.ts';
import { findLowerBound } from './graph/rank.ts';
import type { PlanId, SlotName, TaskName, Token } from './ids.ts';
import { isSameLife } from './ids.ts';
import { isPoolClean } from './slot/pool.ts';
import type { Run, SlotState } from './slot/slot.ts';
import type { AgentState, PlanState } from './state.ts';
import { countUsable, findPlan, listRuns } from './state.ts';

/** How many tasks of a plan are where; the parts sum to `total`. */
export interface PlanSnapshot {
  readonly total: number;
  readonly built: number;
  readonly failed: number;
  /** Cannot be built: something that they need, directly or not, failed. */
  readonly blocked: number;
  readonly running: number;
  /** Can start now, or as soon as a pause after trouble is over. */
  readonly ready: number;
  readonly waiting: number;
}

/** A slot that has a sandbox, is getting one, or was lost with one. */
export interface SlotView {
  readonly slot: SlotName;
  readonly state: 'preparing' | 'ready' | 'running' | 'cleaning' | 'retired';
  /** It waits for one that runs to end: no place for a task is idle here. */
  readonly isSpare: boolean;
  readonly run:
    | {
        readonly planId: PlanId;
        readonly task: TaskName;
        readonly token: Token;
        readonly jobs: number;
        /** Unix milliseconds. */
        readonly startedAtMs: number;
      }
    | undefined;
}

/** The counts of a plan, live or ended; undefined when it is not known (any more). */
export const snapshotPlan = (state: AgentState, planId: PlanId): PlanSnapshot | undefined => {
  const plan = findPlan(state, planId);
  if (plan === undefined) return undefined;
  const { built, failed, blocked, taken, ready, paused, waiting } = plan.progress.counts;
  const running = Math.min(taken, countRunning(state, plan));
  const total = plan.progress.status.length;
  return { total, built, failed, blocked, running, ready: ready + paused + taken - running, waiting };
};

/** The slots that are of interest now: those with nothing on the host and nothing to do are left out. */
export const slotViews = (state: AgentState): readonly SlotView[] => {
  let idle = countUsable(state) - listRuns(state).length;
  return state.pool.slots.flatMap(({ name, state: slot }) => {
    const shown = nameState(slot);
    if (shown === undefined) return [];
    if (shown === 'ready') idle -= 1;
    const run = slot.kind === 'running' ? viewRun(slot.run) : undefined;
    return [{ slot: name, state: shown, isSpare: shown === 'ready' && idle < 0, run }];
  });
};

/**
 * How long a live plan will still take, milliseconds: `max(work left / slots, longest remaining path)` by its
 * estimates, scaled by how the tasks built so far kept to theirs. Undefined for a plan that is not live.
 */
export const expectedRemainingMs = (state: AgentState, planId: PlanId, nowMs: number): number | undefined => {
  const plan = findPlan(state, planId);
  if (plan === undefined || plan.ending !== undefined) return undefined;
  const { progress } = plan;
  const { rankMs, tasks } = progress.table;
  const pace = findPace(state, plan);
  let workMs = progress.workLeftMs;
  let longestMs = 0;
  /** Estimated time that runs have used up already, by task. */
  const usedMs = new Map<number, number>();
  for (const { state: slot } of state.pool.slots) {
    if (slot.kind !== 'running' || slot.run.planId !== planId) continue;
    const used = Math.min((nowMs - slot.run.startedAtMs) / pace, itemAt(tasks, slot.run.task).estimateMs);
    usedMs.set(slot.run.task, used);
    workMs -= used;
  }
  for (const task of listByRank(progress)) {
    longestMs = Math.max(longestMs, itemAt(rankMs, task) - (usedMs.get(task) ?? 0));
    if (!usedMs.has(task)) break;
  }
  return Math.max(longestMs, workMs / countUsable(state)) * pace;
};

/**
 * What no schedule of the tasks that ended here since the plan came could have undercut, by the times they took:
 * `max(longest path, work / slots)`, milliseconds. Undefined for a plan that is not known.
 */
export const lowerBoundMs = (state: AgentState, planId: PlanId): number | undefined => {
  const plan = findPlan(state, planId);
  if (plan === undefined) return undefined;
  const { needs, dependents, tasks } = plan.progress.table;
  const spentMs = tasks.map((_, task) => plan.spentMs.get(task) ?? 0);
  return findLowerBound(spentMs, needs, dependents, state.runs);
};

/** Where the slot time of a plan went, up to its end or the last event. */
export const slotSeconds = (state: AgentState, planId: PlanId): SlotSeconds | undefined => {
  const plan = findPlan(state, planId);
  return plan === undefined ? undefined : readAccount(plan.account);
};

/** The tasks that cannot be built because `task` failed, directly or not, by name. */
export const listBlocked = (state: AgentState, planId: PlanId, task: TaskName): readonly TaskName[] => {
  const progress = findPlan(state, planId)?.progress;
  const index = progress?.table.indexOf.get(task);
  if (progress === undefined || index === undefined || progress.status[index] !== 'failed') return [];
  const isBlocked = (dependent: number): boolean => progress.status[dependent] === 'blocked';
  return findDependents(progress.table.dependents, index, isBlocked).map(
    (dependent) => itemAt(progress.table.tasks, dependent).name,
  );
};

/** Why nothing starts now though a task is ready and a sandbox is there for it; undefined where that is not so. */
export const viewWait = (state: AgentState): Wait | undefined => state.wait;

/** How much longer than expected the tasks of a plan take so far, as a factor; 1 for a plan that is not known. */
export const paceOf = (state: AgentState, planId: PlanId): number => {
  const plan = findPlan(state, planId);
  return plan === undefined ? 1 : findPace(state, plan);
};

/** True when no plan lives, no sweep goes on, and nothing of any slot is on the host, but for what retired ones left. */
export const isAtRest = (state: AgentState): boolean =>
  state.plans.every((plan) => plan.ending !== undefined) &&
  state.sweep.kind === 'waiting' &&
  isPoolClean(state.pool);

/** What runs, as far as this agent knows: on all hosts when it coordinates, else here. */
const countRunning = (state: AgentState, { planId, owners, progress }: PlanState): number => {
  const own = listRuns(state).filter((run) => run.planId === planId && progress.status[run.task] === 'taken');
  const others = [...owners.byTask.values()].filter(
    ({ isRunning, life }) => isRunning && state.life !== undefined && !isSameLife(life, state.life),
  );
  return own.length + others.length;
};

/** How much longer than expected tasks take; near 1 until some share of the plan's work is done. */
const findPace = ({ limits }: AgentState, { progress, pace }: PlanState): number => {
  const planMs = progress.table.tasks.reduce((sum, task) => sum + task.estimateMs, 0);
  const inertiaMs = Math.max(1, limits.paceInertia * planMs);
  return (pace.actualMs + inertiaMs) / (pace.expectedMs + inertiaMs);
};

const nameState = (state: SlotState): SlotView['state'] | undefined => {
  switch (state.kind) {
    case 'empty':
      return state.retryAtMs === undefined ? undefined : 'preparing';
    case 'stuck':
      return 'cleaning';
    case 'preparing':
    case 'ready':
    case 'running':
    case 'cleaning':
    case 'retired':
      return state.kind;
  }
};

const viewRun = ({ planId, name, token, jobs, startedAtWallMs }: Run): NonNullable<SlotView['run']> => ({
  planId,
  task: name,
  token,
  jobs,
  startedAtMs: startedAtWallMs,
});

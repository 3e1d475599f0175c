import { itemAt } from './assert.ts';
import { findCycle, packEdges } from './graph/edges.ts';
import type { BuildId, TaskName } from './ids.ts';

/** One unit of work. The core knows its name, what it needs and what it may cost, and nothing else. */
export interface Task {
  readonly name: TaskName;
  /** Tasks of the same plan that must be built before this one starts. */
  readonly needs: readonly TaskName[];
  /** Expected wall time on a host of speed 1, in milliseconds; at least 1. */
  readonly estimateMs: number;
  /** False when the work must run with one job whatever the budget (MAKE_JOBS_SAFE=no). */
  readonly jobsSafe: boolean;
  /** The user's wish to have it earlier (PBULK_WEIGHT, 100 = none). */
  readonly weight: number;
  /** What it took before, in bytes; 0 where nothing is known. */
  readonly diskBytes: number;
  readonly memoryBytes: number;
}

/** An immutable set of tasks. Its id is the hash of `canonicalPlan(plan)`. */
export interface Plan {
  readonly build: BuildId;
  /** Hosts of another one get none of its tasks. Absent: any host will do. */
  readonly platform?: string;
  /** True when what a task makes is a file that a task which needs it must have. Absent: false. */
  readonly files?: boolean;
  /** Names what hosts must know to run its tasks, in the words of their shells; the core only carries it. Absent: nothing. */
  readonly sheet?: string;
  /** In any order; canonical form sorts by name. */
  readonly tasks: readonly Task[];
}

/**
 * The last word of a user about a plan. Of two, the one of the higher revision holds; of two of one revision, the one
 * that stops more.
 */
export interface PlanWord {
  readonly revision: number;
  readonly mode: 'run' | 'drain' | 'now';
}

/** Why a plan cannot be carried out. */
export type PlanProblem =
  | { readonly kind: 'duplicateName'; readonly task: TaskName }
  | { readonly kind: 'unknownNeed'; readonly task: TaskName; readonly need: TaskName }
  | { readonly kind: 'selfNeed'; readonly task: TaskName }
  /** Each needs the next, the last one the first. One cycle is named though there may be more. */
  | { readonly kind: 'cycle'; readonly tasks: readonly TaskName[] }
  | { readonly kind: 'badEstimate'; readonly task: TaskName; readonly estimateMs: number }
  | { readonly kind: 'badWeight'; readonly task: TaskName; readonly weight: number };

/**
 * The bytes that a plan's id is the hash of: one line for the build, one for each task by name, needs by name and
 * without repeats. Two plans that say the same have the same text, whatever order they say it in.
 */
export const canonicalPlan = (plan: Plan): string => {
  const lines = plan.tasks
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, needs, estimateMs, jobsSafe, weight, diskBytes, memoryBytes }) =>
      JSON.stringify([
        ...[name, [...new Set(needs)].sort(), estimateMs, jobsSafe, weight],
        ...[diskBytes, memoryBytes],
      ]),
    );
  const head = ['plan', 4, plan.build, plan.platform ?? '', plan.files ?? false, plan.sheet ?? ''];
  return `${JSON.stringify(head)}\n${lines.map((line) => `${line}\n`).join('')}`;
};

/** Everything that is wrong with a plan; a plan is only to be handed to the core when this is empty. */
export const checkPlan = (plan: Plan): readonly PlanProblem[] => {
  const problems: PlanProblem[] = [];
  const indexOf = new Map<TaskName, number>();
  plan.tasks.forEach((task, index) => {
    if (indexOf.has(task.name)) problems.push({ kind: 'duplicateName', task: task.name });
    else indexOf.set(task.name, index);
  });
  const known = plan.tasks.map((task) => {
    problems.push(...checkTask(task, indexOf));
    return task.needs.flatMap((need) => (need === task.name ? [] : (indexOf.get(need) ?? [])));
  });
  const cycle = findCycle(packEdges(known));
  if (cycle !== undefined) {
    problems.push({ kind: 'cycle', tasks: cycle.map((index) => itemAt(plan.tasks, index).name) });
  }
  return problems;
};

const checkTask = (task: Task, indexOf: ReadonlyMap<TaskName, number>): readonly PlanProblem[] => {
  const problems: PlanProblem[] = [];
  for (const need of task.needs) {
    if (need === task.name) problems.push({ kind: 'selfNeed', task: task.name });
    else if (!indexOf.has(need)) problems.push({ kind: 'unknownNeed', task: task.name, need });
  }
  if (!(Number.isFinite(task.estimateMs) && task.estimateMs >= 1)) {
    problems.push({ kind: 'badEstimate', task: task.name, estimateMs: task.estimateMs });
  }
  if (!Number.isFinite(task.weight)) {
    problems.push({ kind: 'badWeight', task: task.name, weight: task.weight });
  }
  return problems;
};

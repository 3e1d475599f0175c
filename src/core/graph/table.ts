import { assert, itemAt } from '../assert.ts';
import type { TaskName } from '../ids.ts';
import type { Plan, Task } from '../plan.ts';
import type { Edges } from './edges.ts';
import { countEdges, packEdges, reverseEdges } from './edges.ts';
import type { Ranks } from './rank.ts';
import { rankTasks } from './rank.ts';

/** A plan, indexed: tasks are numbered in the order of their names. Never changed once made. */
export interface TaskTable extends Ranks {
  readonly tasks: readonly Task[];
  readonly indexOf: ReadonlyMap<TaskName, number>;
  /** From a task to those that it needs. */
  readonly needs: Edges;
  /** From a task to those that need it. */
  readonly dependents: Edges;
  /** All tasks, longest remaining path first. */
  readonly byRank: Int32Array;
}

/** Indexes and ranks a plan that `checkPlan` has found nothing wrong with. */
export const createTable = (plan: Plan): TaskTable => {
  const tasks = plan.tasks.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const indexOf = new Map(tasks.map((task, index) => [task.name, index]));
  const needs = packEdges(tasks.map((task) => task.needs.map((name) => findIndex(indexOf, name))));
  const dependents = reverseEdges(needs);
  const ranks = rankTasks(
    tasks.map((task) => task.estimateMs),
    tasks.map((task) => task.weight),
    needs,
    dependents,
  );
  const byRank = new Int32Array(tasks.keys()).sort(
    (a, b) => itemAt(ranks.rankMs, b) - itemAt(ranks.rankMs, a) || a - b,
  );
  return { tasks, indexOf, needs, dependents, byRank, ...ranks };
};

/**
 * True when task `a` is to start before task `b`. First what the user weighs more (a weight of 100 everywhere
 * decides nothing; a raised one also lifts what the task needs), then the longer remaining path, then more
 * direct dependents, then the name: a total order, so that choices never hang on chance.
 */
export const isBefore = (table: TaskTable, a: number, b: number): boolean => {
  const byUrgency = itemAt(table.urgency, a) - itemAt(table.urgency, b);
  if (byUrgency !== 0) return byUrgency > 0;
  const byRank = itemAt(table.rankMs, a) - itemAt(table.rankMs, b);
  if (byRank !== 0) return byRank > 0;
  const byDependents = countEdges(table.dependents, a) - countEdges(table.dependents, b);
  if (byDependents !== 0) return byDependents > 0;
  return a < b;
};

const findIndex = (indexOf: ReadonlyMap<TaskName, number>, name: TaskName): number => {
  const index = indexOf.get(name);
  assert(index !== undefined, `a plan with an unknown task '${name}' was not refused`);
  return index;
};

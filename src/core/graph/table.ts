import { assert, itemAt } from '../assert.ts';
import type { TaskName } from '../ids.ts';
import { compareText } from '../ids.ts';
import type { Plan, Task } from '../plan.ts';
import type { Edges } from './edges.ts';
import { appendNodes, countEdges, packEdges, reverseEdges } from './edges.ts';
import type { Ranks } from './rank.ts';
import { rankTasks } from './rank.ts';

/**
 * A plan, indexed: tasks are numbered in the order of their names, and those that `extendTable` added after them. Never
 * changed once made.
 */
export interface TaskTable extends Ranks {
  readonly tasks: readonly Task[];
  readonly indexOf: ReadonlyMap<TaskName, number>;
  /** Of each task, as the plan has it. */
  readonly estimateMs: Float64Array;
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
  const estimateMs = Float64Array.from(tasks, (task) => task.estimateMs);
  const weight = Float64Array.from(tasks, (task) => task.weight);
  const ranks = rankTasks(estimateMs, weight, needs, dependents);
  const byRank = new Int32Array(tasks.keys()).sort(
    (a, b) => itemAt(ranks.rankMs, b) - itemAt(ranks.rankMs, a) || a - b,
  );
  return { tasks, indexOf, estimateMs, needs, dependents, byRank, ...ranks };
};

/**
 * The table with these tasks too, which need nothing. Tasks that it has already, by name, stay as they are and keep their
 * numbers; new ones get the next ones, in the order of their names. The same table when nothing is new. Costs a copy,
 * so many tasks are better added at once.
 */
export const extendTable = (table: TaskTable, tasks: readonly Task[]): TaskTable => {
  const { indexOf } = table;
  const fresh = new Map<TaskName, Task>();
  for (const task of tasks) if (!(indexOf.has(task.name) || fresh.has(task.name))) fresh.set(task.name, task);
  if (fresh.size === 0) return table;
  const added = [...fresh.values()].sort((a, b) => compareText(a.name, b.name));
  const needy = added.find((task) => task.needs.length > 0);
  assert(needy === undefined, `the added task '${needy?.name}' needs others`);
  const numbers = new Map(indexOf);
  for (const { name } of added) numbers.set(name, numbers.size);
  return {
    tasks: [...table.tasks, ...added],
    indexOf: numbers,
    estimateMs: appendNumbers(table.estimateMs, added, (task) => task.estimateMs),
    needs: appendNodes(table.needs, added.length),
    dependents: appendNodes(table.dependents, added.length),
    rankMs: appendNumbers(table.rankMs, added, (task) => task.estimateMs),
    urgency: appendNumbers(table.urgency, added, (task) => task.weight),
    byRank: mergeByRank(table, added),
  };
};

/**
 * True when task `a` is to start before task `b`. First what the user weighs more (a weight of 100 everywhere
 * decides nothing; a raised one also lifts what the task needs), then the longer remaining path, then more
 * direct dependents, then the name: a total order, so that choices never hang on chance, nor on the order in which tasks
 * were added.
 */
export const isBefore = (table: TaskTable, a: number, b: number): boolean => {
  const byUrgency = itemAt(table.urgency, a) - itemAt(table.urgency, b);
  if (byUrgency !== 0) return byUrgency > 0;
  const byRank = itemAt(table.rankMs, a) - itemAt(table.rankMs, b);
  if (byRank !== 0) return byRank > 0;
  const byDependents = countEdges(table.dependents, a) - countEdges(table.dependents, b);
  if (byDependents !== 0) return byDependents > 0;
  return a !== b && itemAt(table.tasks, a).name < itemAt(table.tasks, b).name;
};

const findIndex = (indexOf: ReadonlyMap<TaskName, number>, name: TaskName): number => {
  const index = indexOf.get(name);
  assert(index !== undefined, `a plan with an unknown task '${name}' was not refused`);
  return index;
};

/** Each task that needs nothing and that nothing needs is its own longest path. */
const appendNumbers = (
  numbers: Float64Array,
  added: readonly Task[],
  numberOf: (task: Task) => number,
): Float64Array => {
  const all = new Float64Array(numbers.length + added.length);
  all.set(numbers);
  added.forEach((task, place) => {
    all[numbers.length + place] = numberOf(task);
  });
  return all;
};

/** The order of rank with the added tasks in it, which are given in the order of their names. */
const mergeByRank = ({ tasks, rankMs, byRank }: TaskTable, added: readonly Task[]): Int32Array => {
  const order = [...added.keys()].sort(
    (a, b) => itemAt(added, b).estimateMs - itemAt(added, a).estimateMs || a - b,
  );
  const merged = new Int32Array(byRank.length + added.length);
  let old = 0;
  order.forEach((place, rank) => {
    const { estimateMs, name } = itemAt(added, place);
    while (old < byRank.length) {
      const task = itemAt(byRank, old);
      const apart = itemAt(rankMs, task) - estimateMs;
      if (apart < 0 || (apart === 0 && itemAt(tasks, task).name > name)) break;
      merged[rank + old++] = task;
    }
    merged[rank + old] = tasks.length + place;
  });
  merged.set(byRank.subarray(old), added.length + old);
  return merged;
};

import type { TaskName } from '../../../src/core/ids.ts';
import type { Plan, Task } from '../../../src/core/plan.ts';

/** Who needs a task directly. */
export const dependentsOf = (plan: Plan, name: TaskName): readonly Task[] =>
  plan.tasks.filter((task) => task.needs.includes(name));

/** Longest path from a task to the end, by the definition: exponential, for small plans only. */
export const naiveRank = (plan: Plan, task: Task): number =>
  task.estimateMs + Math.max(0, ...dependentsOf(plan, task.name).map((next) => naiveRank(plan, next)));

export const naiveUrgency = (plan: Plan, task: Task): number =>
  Math.max(task.weight, ...dependentsOf(plan, task.name).map((next) => naiveUrgency(plan, next)));

/** Everything that depends on a task, by going round until nothing is added. */
export const naiveDependents = (plan: Plan, name: TaskName): Set<TaskName> => {
  const found = new Set<TaskName>();
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const task of plan.tasks) {
      if (task.needs.some((need) => need === name || found.has(need))) found.add(task.name);
    }
  }
  return found;
};

import type { Entry } from '../../src/core/facts/fact.ts';
import { selectCanonical } from '../../src/core/facts/merge.ts';
import type { TaskName } from '../../src/core/ids.ts';
import type { Plan } from '../../src/core/plan.ts';

/** True when each task has its end, or needs one that failed, directly or not: nothing is left to run. */
export const isPlanOver = ({ tasks }: Plan, entries: readonly Entry[]): boolean => {
  const ends = selectCanonical(entries);
  const dependents = new Map<TaskName, TaskName[]>();
  for (const { name, needs } of tasks) {
    for (const need of needs) {
      const list = dependents.get(need);
      if (list === undefined) dependents.set(need, [name]);
      else list.push(name);
    }
  }
  const over = new Set<TaskName>();
  const open = tasks.flatMap(({ name }) => (ends.get(name)?.outcome.kind === 'failed' ? name : []));
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (over.has(name)) continue;
    over.add(name);
    open.push(...(dependents.get(name) ?? []));
  }
  return tasks.every(({ name }) => over.has(name) || ends.has(name));
};

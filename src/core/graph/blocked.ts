import type { Edges } from './edges.ts';
import { targetsOf } from './edges.ts';

/**
 * Everything that depends on a task, directly or through tasks for which `isOpen` holds, ascending; without the
 * task itself. What is not open is left out, and so is what lies behind it alone.
 */
export const findDependents = (
  dependents: Edges,
  task: number,
  isOpen: (dependent: number) => boolean,
): readonly number[] => {
  const seen = new Set<number>();
  const open = [task];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const dependent of targetsOf(dependents, next)) {
      if (seen.has(dependent) || !isOpen(dependent)) continue;
      seen.add(dependent);
      open.push(dependent);
    }
  }
  return [...seen].sort((a, b) => a - b);
};

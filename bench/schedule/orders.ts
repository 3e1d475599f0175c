import { itemAt } from '../../src/core/assert.ts';
import { type Edges, targetsOf } from '../../src/core/graph/edges.ts';
import type { Case } from './engine.ts';
import { pathsToEnd } from './workload.ts';

/** How ready tasks are ordered: the higher number first, then the one that was ready first. */
export type Order = 'fifo' | 'dependents' | 'path';

/** One number for each task. */
export const weighTasks = (order: Order, { workload, estimateMs }: Case): ArrayLike<number> => {
  switch (order) {
    case 'fifo':
      return new Float64Array(workload.names.length);
    case 'dependents':
      return countDependents(workload.dependents);
    case 'path':
      return pathsToEnd(workload, estimateMs);
  }
};

/** How many tasks hang on each, directly or not: what pbulk and bob order by where no weight is set. */
const countDependents = (dependents: Edges): Int32Array => {
  const known = counted.get(dependents);
  if (known !== undefined) return known;
  const nodes = dependents.start.length - 1;
  const seenBy = new Int32Array(nodes);
  const counts = new Int32Array(nodes);
  const stack: number[] = [];
  for (let node = 0; node < nodes; node++) {
    stack.push(node);
    let count = 0;
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      for (const next of targetsOf(dependents, at)) {
        if (itemAt(seenBy, next) === node + 1) continue;
        seenBy[next] = node + 1;
        count += 1;
        stack.push(next);
      }
    }
    counts[node] = count;
  }
  counted.set(dependents, counts);
  return counts;
};

const counted = new WeakMap<Edges, Int32Array>();

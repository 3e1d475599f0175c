import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findDependents } from '../../../src/core/graph/blocked.ts';
import { createTable } from '../../../src/core/graph/table.ts';
import { taskName } from '../../../src/core/ids.ts';
import { anyPlan, makePlan } from '../samples.ts';
import { naiveDependents } from './naive.ts';

describe('findDependents', () => {
  it('finds everything that depends on a task, directly or not', () => {
    fc.assert(
      fc.property(anyPlan(), fc.nat(), (plan, pick) => {
        const { tasks, dependents } = createTable(plan);
        const index = pick % tasks.length;
        const found = findDependents(dependents, index, () => true).map((each) => tasks[each]?.name);
        expect(found).toEqual([...naiveDependents(plan, tasks[index]?.name ?? taskName(''))].sort());
      }),
    );
  });

  it('does not go through what is not open', () => {
    const { dependents } = createTable(makePlan({ a: [[], 1], b: [['a'], 1], c: [['b'], 1], d: [['a'], 1] }));
    expect(findDependents(dependents, 0, (task) => task !== 1)).toEqual([3]);
  });
});

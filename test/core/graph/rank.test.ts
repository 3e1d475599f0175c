import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findLowerBound } from '../../../src/core/graph/rank.ts';
import { createTable } from '../../../src/core/graph/table.ts';
import { anyPlan, makePlan } from '../samples.ts';
import { naiveRank, naiveUrgency } from './naive.ts';

const boundOf = (plan: Parameters<typeof createTable>[0], slots: number): number => {
  const { tasks, needs, dependents } = createTable(plan);
  return findLowerBound(
    tasks.map((task) => task.estimateMs),
    needs,
    dependents,
    slots,
  );
};

describe('rankTasks', () => {
  it('finds the longest remaining path and the highest weight behind each task', () => {
    fc.assert(
      fc.property(anyPlan(14), (plan) => {
        const { tasks, rankMs, urgency } = createTable(plan);
        expect([...rankMs]).toEqual(tasks.map((task) => naiveRank(plan, task)));
        expect([...urgency]).toEqual(tasks.map((task) => naiveUrgency(plan, task)));
      }),
    );
  });

  it('ranks a chain as deep as a whole tree without running out of stack', () => {
    const depth = 30_000;
    const name = (index: number): string => `t${String(index).padStart(6, '0')}`;
    const chain = Object.fromEntries(
      Array.from({ length: depth }, (_, index) => [
        name(index),
        [index === 0 ? [] : [name(index - 1)], 2] as const,
      ]),
    );
    expect(createTable(makePlan(chain)).rankMs[0]).toBe(2 * depth);
  });
});

describe('findLowerBound', () => {
  it('is the longest path when slots abound, and the shared work when they do not', () => {
    const plan = makePlan({ a: [[], 10], b: [['a'], 20], c: [[], 15], d: [[], 15] });
    expect(boundOf(plan, 8)).toBe(30);
    expect(boundOf(plan, 1)).toBe(60);
  });

  it('is zero for a plan without tasks', () => {
    expect(boundOf(makePlan({}), 4)).toBe(0);
  });
});

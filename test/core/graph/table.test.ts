import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countEdges, targetsOf } from '../../../src/core/graph/edges.ts';
import { createTable, isBefore } from '../../../src/core/graph/table.ts';
import { anyPlan, makePlan } from '../samples.ts';
import { dependentsOf } from './naive.ts';

describe('createTable', () => {
  it('numbers tasks by name and turns every need into an edge each way', () => {
    fc.assert(
      fc.property(anyPlan(), (plan) => {
        const table = createTable(plan);
        const names = table.tasks.map((task) => task.name);
        expect(names).toEqual(plan.tasks.map((task) => task.name).sort());
        table.tasks.forEach((task, index) => {
          const named = (list: Int32Array) => [...list].map((each) => names[each]).sort();
          expect(table.indexOf.get(task.name)).toBe(index);
          expect(named(targetsOf(table.needs, index))).toEqual(task.needs.toSorted());
          expect(named(targetsOf(table.dependents, index))).toEqual(
            dependentsOf(plan, task.name)
              .map(({ name }) => name)
              .sort(),
          );
        });
      }),
    );
  });

  it('drops a need that is named twice', () => {
    const table = createTable(makePlan({ a: [[], 1], b: [['a', 'a'], 1] }));
    expect(countEdges(table.needs, 1)).toBe(1);
    expect(countEdges(table.dependents, 0)).toBe(1);
  });

  it('lists tasks by their remaining path, the longest first', () => {
    fc.assert(
      fc.property(anyPlan(), (plan) => {
        const { byRank, rankMs } = createTable(plan);
        const ranks = [...byRank].map((task) => rankMs[task] ?? 0);
        expect(ranks).toEqual(ranks.toSorted((a, b) => b - a));
      }),
    );
  });

  it('refuses, as a bug of the caller, a plan that names an unknown task', () => {
    expect(() => createTable(makePlan({ a: [['gone'], 1] }))).toThrow(/unknown task 'gone'/);
  });
});

describe('isBefore', () => {
  const order = (plan: Parameters<typeof createTable>[0]): string[] => {
    const table = createTable(plan);
    const tasks = [...table.tasks.keys()].sort((a, b) => (isBefore(table, a, b) ? -1 : 1));
    return tasks.map((task) => table.tasks[task]?.name ?? '');
  };

  it('puts the longest remaining path first, not the most dependents', () => {
    const plan = makePlan({
      wide: [[], 1],
      x: [['wide'], 1],
      y: [['wide'], 1],
      z: [['wide'], 1],
      long: [[], 9],
    });
    expect(order(plan)[0]).toBe('long');
  });

  it('takes more dependents, then the name, between equal paths', () => {
    const plan = makePlan({ a: [[], 2], b: [[], 1], c: [['b'], 1], d: [['b'], 1], e: [[], 2] });
    expect(order(plan).slice(0, 3)).toEqual(['b', 'a', 'e']);
  });

  it('puts what the user weighs more, and what that needs, before everything', () => {
    const plan = makePlan({ base: [[], 1], wish: [['base'], 1], long: [[], 99] }, { wish: { weight: 200 } });
    expect(order(plan)).toEqual(['base', 'wish', 'long']);
  });

  it('is a total order', () => {
    fc.assert(
      fc.property(anyPlan(12), (plan) => {
        const table = createTable(plan);
        const tasks = [...table.tasks.keys()];
        for (const a of tasks) {
          for (const b of tasks) expect(isBefore(table, a, b)).toBe(a !== b && !isBefore(table, b, a));
        }
      }),
    );
  });
});

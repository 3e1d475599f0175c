import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countEdges, targetsOf } from '../../../src/core/graph/edges.ts';
import type { TaskTable } from '../../../src/core/graph/table.ts';
import { createTable, extendTable, isBefore } from '../../../src/core/graph/table.ts';
import { taskName } from '../../../src/core/ids.ts';
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

describe('extendTable', () => {
  it('gives the table that a plan of all the tasks would have, but for the numbers, in however many steps', () => {
    fc.assert(
      fc.property(anyPlan(), anyPlan(12), fc.nat(12), (plan, more, cut) => {
        const added = more.tasks.map((task) => ({ ...task, needs: [] }));
        const rename = (name: string) => taskName(`${name}b`);
        const renamed = plan.tasks.map((task) => ({
          ...task,
          name: rename(task.name),
          needs: task.needs.map(rename),
        }));
        const first = createTable({ ...plan, tasks: renamed });
        const steps = [added.slice(0, cut), added.slice(cut), added];
        const grown = steps.reduce(extendTable, first);
        expect(grown.tasks.slice(0, first.tasks.length)).toEqual(first.tasks);
        expect(describeTable(grown)).toEqual(
          describeTable(createTable({ ...plan, tasks: [...renamed, ...added] })),
        );
      }),
    );
  });

  it('leaves tasks that it has as they are, and the table that it was made from', () => {
    const table = createTable(makePlan({ a: [[], 1], b: [['a'], 2] }));
    expect(extendTable(table, makePlan({ b: [[], 9] }).tasks)).toBe(table);
    const again = makePlan({ c: [[], 5] }).tasks;
    const grown = extendTable(table, [...makePlan({ a: [[], 9], c: [[], 9] }).tasks, ...again]);
    expect(grown.tasks.map(({ name, estimateMs }) => [name, estimateMs])).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 9],
    ]);
    expect([table.tasks.length, table.indexOf.size, table.byRank.length]).toEqual([2, 2, 2]);
  });

  it('refuses, as a bug of the caller, an added task that needs another', () => {
    const table = createTable(makePlan({ a: [[], 1] }));
    expect(() => extendTable(table, makePlan({ b: [['a'], 1] }).tasks)).toThrow(/'b' needs others/);
  });
});

/** All that a table says, by name. */
const describeTable = (table: TaskTable) => {
  const nameOf = (task: number) => table.tasks[task]?.name;
  const namesOf = (list: Int32Array) => [...list].map(nameOf).sort();
  const tasks = [...table.tasks.keys()];
  const first = tasks.toSorted((a, b) => (isBefore(table, a, b) ? -1 : 1));
  const details = tasks.map((task) => ({
    task: table.tasks[task],
    isFound: table.indexOf.get(table.tasks[task]?.name ?? taskName('')) === task,
    needs: namesOf(targetsOf(table.needs, task)),
    dependents: namesOf(targetsOf(table.dependents, task)),
    estimateMs: table.estimateMs[task],
    rankMs: table.rankMs[task],
    urgency: table.urgency[task],
  }));
  return {
    byRank: [...table.byRank].map(nameOf),
    first: first.map(nameOf),
    details: details.sort((a, b) => ((a.task?.name ?? '') < (b.task?.name ?? '') ? -1 : 1)),
    size: table.indexOf.size,
  };
};

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

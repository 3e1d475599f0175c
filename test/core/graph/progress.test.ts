import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Progress } from '../../../src/core/graph/progress.ts';
import {
  createProgress,
  extendProgress,
  isOver,
  listByRank,
  peekReady,
  putBack,
  recordEnd,
  releasePaused,
  takeReady,
  takeTask,
} from '../../../src/core/graph/progress.ts';
import { createTable } from '../../../src/core/graph/table.ts';
import { anyPlan, makePlan } from '../samples.ts';

const chain = makePlan({ a: [[], 10], b: [['a'], 20], c: [['b'], 30], d: [[], 5] });

const begin = (plan = chain): Progress => createProgress(createTable(plan));
const takeFirst = (progress: Progress) => takeReady(progress, () => 'take', 1);

describe('progress', () => {
  it('begins with what needs nothing', () => {
    const progress = begin();
    expect(progress.status).toEqual(['ready', 'waiting', 'waiting', 'ready']);
    expect(progress.workLeftMs).toBe(65);
  });

  it('takes a fact that comes before those of what its task needs', () => {
    const progress = begin();
    recordEnd(progress, 1, 'built');
    expect(progress.status).toEqual(['ready', 'built', 'ready', 'ready']);
    recordEnd(progress, 0, 'failed');
    expect(progress.status).toEqual(['failed', 'built', 'ready', 'ready']);
    expect(progress.workLeftMs).toBe(35);
  });

  it('blocks what needs a failed task, and goes on with it when the task is built after all', () => {
    const progress = begin();
    expect(recordEnd(progress, 0, 'failed')).toBe(true);
    expect(progress.status).toEqual(['failed', 'blocked', 'blocked', 'ready']);
    expect([...listByRank(progress)]).toEqual([3]);
    expect(recordEnd(progress, 0, 'built')).toBe(true);
    expect(progress.status).toEqual(['built', 'ready', 'waiting', 'ready']);
    expect([...listByRank(progress)]).toEqual([1, 2, 3]);
    expect(progress.workLeftMs).toBe(55);
  });

  it('believes no failure of what was built, and nothing twice', () => {
    const progress = begin();
    expect(
      ['built', 'built', 'failed'].map((kind) => recordEnd(progress, 0, kind === 'built' ? kind : 'failed')),
    ).toEqual([true, false, false]);
    expect(progress.status).toEqual(['built', 'ready', 'waiting', 'ready']);
  });

  it('leaves blocked what has another need that failed', () => {
    const progress = begin(makePlan({ a: [[], 1], b: [[], 1], c: [['a', 'b'], 1] }));
    recordEnd(progress, 0, 'failed');
    recordEnd(progress, 1, 'failed');
    recordEnd(progress, 0, 'built');
    expect(progress.status).toEqual(['built', 'failed', 'blocked']);
    recordEnd(progress, 1, 'built');
    expect(progress.status).toEqual(['built', 'built', 'ready']);
  });

  it('keeps a task out of the ready set until its pause is over, but for who takes it by name', () => {
    const progress = begin(makePlan({ a: [[], 1] }));
    expect(takeFirst(progress)).toBe(0);
    putBack(progress, 0, 100);
    releasePaused(progress, 99);
    expect(takeFirst(progress)).toBeUndefined();
    expect(isOver(progress)).toBe(false);
    expect(takeTask(progress, 0)).toBe(true);
    releasePaused(progress, 100);
    expect(progress.status).toEqual(['taken']);
    putBack(progress, 0, 200);
    releasePaused(progress, 200);
    expect(takeFirst(progress)).toBe(0);
  });

  it('lets a task that somebody holds wait again when that one gives it back before its needs are known to be built', () => {
    const progress = begin();
    expect(takeTask(progress, 1)).toBe(true);
    expect(takeTask(progress, 1)).toBe(false);
    recordEnd(progress, 0, 'failed');
    expect(progress.status).toEqual(['failed', 'taken', 'waiting', 'ready']);
    putBack(progress, 1, undefined);
    expect(progress.status).toEqual(['failed', 'blocked', 'blocked', 'ready']);
    expect(takeTask(progress, 2)).toBe(true);
    recordEnd(progress, 0, 'built');
    putBack(progress, 2, 50);
    expect(progress.status).toEqual(['built', 'ready', 'waiting', 'ready']);
  });

  it('leaves a task that has its end as it is when its holder gives it back', () => {
    const progress = begin();
    takeTask(progress, 0);
    recordEnd(progress, 0, 'built');
    putBack(progress, 0, undefined);
    expect(progress.status).toEqual(['built', 'ready', 'waiting', 'ready']);
    expect(takeTask(progress, 0)).toBe(false);
  });

  it('refuses, as a bug, a task that nobody took to be put back', () => {
    expect(() => putBack(begin(), 0, undefined)).toThrow(/nobody has it/);
  });

  it('skips what is not wanted, stops where it is told to, and looks at so many at most', () => {
    const progress = begin(makePlan({ a: [[], 4], b: [[], 3], c: [[], 2], d: [[], 1] }));
    const seen: number[] = [];
    const look = (choices: readonly ('take' | 'skip' | 'stop')[], looksMax: number) =>
      takeReady(progress, (task) => choices[seen.push(task) - 1] ?? 'take', looksMax);
    expect(look(['skip', 'stop'], 9)).toBeUndefined();
    expect(seen.splice(0)).toEqual([0, 1]);
    expect(look(['skip', 'skip', 'skip'], 3)).toBeUndefined();
    expect(seen.splice(0)).toEqual([0, 1, 2]);
    expect(look(['skip', 'skip'], 3)).toBe(2);
    expect([peekReady(progress), progress.counts.ready, progress.counts.taken]).toEqual([0, 3, 1]);
  });

  it('goes on with tasks that are added, once each', () => {
    const progress = begin(makePlan({ a: [[], 1] }));
    recordEnd(progress, 0, 'built');
    expect(isOver(progress)).toBe(true);
    for (const _ of [1, 2]) extendProgress(progress, makePlan({ a: [[], 9], c: [[], 2], b: [[], 3] }).tasks);
    expect(progress.counts).toMatchObject({ built: 1, ready: 2 });
    expect(progress.workLeftMs).toBe(5);
    expect([...listByRank(progress)].map((task) => progress.table.tasks[task]?.name)).toEqual(['b', 'c']);
  });

  it('ends every task exactly once, in an order that its needs allow, whichever fail', () => {
    fc.assert(
      fc.property(anyPlan(), fc.infiniteStream(fc.boolean()), (plan, fates) => {
        const progress = begin(plan);
        const { tasks, indexOf } = progress.table;
        for (let task = takeFirst(progress); task !== undefined; task = takeFirst(progress)) {
          const needs = tasks[task]?.needs.map((need) => progress.status[indexOf.get(need) ?? -1]) ?? [];
          expect(needs.filter((status) => status !== 'built')).toEqual([]);
          expect(recordEnd(progress, task, fates.next().value === true ? 'failed' : 'built')).toBe(true);
        }
        expect(isOver(progress)).toBe(true);
        expect(progress.workLeftMs).toBe(0);
        expect([...listByRank(progress)]).toEqual([]);
        const { built, failed, blocked } = progress.counts;
        expect(built + failed + blocked).toBe(tasks.length);
      }),
    );
  });
});

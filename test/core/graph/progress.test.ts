import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fact } from '../../../src/core/facts/fact.ts';
import {
  createProgress,
  isOver,
  listByRank,
  putBack,
  recordEnd,
  releasePaused,
  takeReady,
} from '../../../src/core/graph/progress.ts';
import { createTable } from '../../../src/core/graph/table.ts';
import { anyPlan, built, failed, makeFact, makePlan } from '../samples.ts';

const chain = makePlan({ a: [[], 10], b: [['a'], 20], c: [['b'], 30], d: [[], 5] });

describe('progress', () => {
  it('begins with what needs nothing', () => {
    const progress = createProgress(createTable(chain), []);
    expect(progress.status).toEqual(['ready', 'waiting', 'waiting', 'ready']);
    expect(progress.workLeftMs).toBe(65);
  });

  it('begins behind the facts: what they unlock is ready, what they spoil is blocked', () => {
    const facts = [makeFact('a', built), makeFact('b', failed, { seq: 2 })];
    const progress = createProgress(createTable(chain), facts);
    expect(progress.status).toEqual(['built', 'failed', 'blocked', 'ready']);
    expect(progress.workLeftMs).toBe(5);
  });

  it('believes of two facts about a task the one that counts, and none about a task it does not have', () => {
    const facts = [
      makeFact('a', failed),
      makeFact('a', built, { seq: 2 }),
      makeFact('zz', failed, { seq: 3 }),
    ];
    expect(createProgress(createTable(chain), facts).status).toEqual(['built', 'ready', 'waiting', 'ready']);
  });

  it('keeps a task out of the ready set until its pause is over', () => {
    const progress = createProgress(createTable(makePlan({ a: [[], 1] })), []);
    expect(takeReady(progress, () => 'take', 1)).toBe(0);
    putBack(progress, 0, 100);
    releasePaused(progress, 99);
    expect(takeReady(progress, () => 'take', 1)).toBeUndefined();
    expect(isOver(progress)).toBe(false);
    releasePaused(progress, 100);
    expect(takeReady(progress, () => 'take', 1)).toBe(0);
  });

  it('ends every task exactly once, in an order that its needs allow, whichever fail', () => {
    fc.assert(
      fc.property(anyPlan(), fc.infiniteStream(fc.boolean()), (plan, fates) => {
        const progress = createProgress(createTable(plan), []);
        const { tasks, needs } = progress.table;
        expect(needs.start.length).toBe(tasks.length + 1);
        for (
          let task = takeReady(progress, () => 'take', 1);
          task !== undefined;
          task = takeReady(progress, () => 'take', 1)
        ) {
          const open = tasks[task]?.needs.filter((need) => {
            const index = progress.table.indexOf.get(need) ?? -1;
            return progress.status[index] !== 'built';
          });
          expect(open).toEqual([]);
          recordEnd(progress, task, fates.next().value === true ? 'failed' : 'built');
        }
        expect(isOver(progress)).toBe(true);
        expect(progress.workLeftMs).toBe(0);
        expect([...listByRank(progress)]).toEqual([]);
        const { built: good, failed: bad, blocked } = progress.counts;
        expect(good + bad + blocked).toBe(tasks.length);
      }),
    );
  });

  it('is after a restart from the facts what it was before, whatever had ended by then', () => {
    fc.assert(
      fc.property(anyPlan(), fc.nat(24), fc.infiniteStream(fc.boolean()), (plan, ends, fates) => {
        const progress = createProgress(createTable(plan), []);
        const outcomes: Fact[] = [];
        for (let count = 0; count < ends; count++) {
          const task = takeReady(progress, () => 'take', 1);
          if (task === undefined) break;
          const kind = fates.next().value === true ? 'failed' : 'built';
          recordEnd(progress, task, kind);
          outcomes.push(
            makeFact(progress.table.tasks[task]?.name ?? '', kind === 'built' ? built : failed, {
              seq: count + 1,
            }),
          );
        }
        const again = createProgress(createTable(plan), outcomes);
        expect(again.status).toEqual(progress.status);
        expect(again.counts).toEqual(progress.counts);
        expect(again.workLeftMs).toBe(progress.workLeftMs);
      }),
    );
  });

  it('refuses, as a bug, a second end of one task', () => {
    const progress = createProgress(createTable(chain), [makeFact('a', built)]);
    expect(() => recordEnd(progress, 0, 'failed')).toThrow(/does not run/);
  });
});

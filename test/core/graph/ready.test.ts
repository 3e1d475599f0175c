import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHeap, growHeap, popReady, pushReady } from '../../../src/core/graph/ready.ts';
import { createTable, extendTable, isBefore } from '../../../src/core/graph/table.ts';
import { anyPlan, makePlan } from '../samples.ts';

describe('the ready heap', () => {
  it('always gives the first of what is in it, each once, as a sorted list would', () => {
    const anyMoves = fc.array(fc.option(fc.nat(), { nil: undefined }), { maxLength: 80 });
    fc.assert(
      fc.property(anyPlan(), anyMoves, (plan, moves) => {
        const table = createTable(plan);
        const heap = createHeap(plan.tasks.length);
        let naive: number[] = [];
        for (const move of moves) {
          if (move === undefined) {
            naive.sort((a, b) => (isBefore(table, a, b) ? -1 : 1));
            expect(popReady(table, heap)).toBe(naive[0]);
            naive = naive.slice(1);
          } else {
            const task = move % plan.tasks.length;
            if (!naive.includes(task)) naive.push(task);
            pushReady(table, heap, task);
          }
        }
        expect(heap.tasks.toSorted()).toEqual(naive.toSorted());
      }),
    );
  });

  it('keeps its order when the table gets more tasks', () => {
    const table = createTable(makePlan({ b: [[], 2], d: [[], 4] }));
    const heap = createHeap(2);
    for (const task of [0, 1]) pushReady(table, heap, task);
    const longer = extendTable(table, makePlan({ a: [[], 3], c: [[], 9] }).tasks);
    growHeap(heap, 4);
    for (const task of [0, 1, 2, 3]) pushReady(longer, heap, task);
    const order = [1, 2, 3, 4, 5].map(() => popReady(longer, heap));
    expect(order.map((task) => task !== undefined && longer.tasks[task]?.name)).toEqual([
      'c',
      'd',
      'a',
      'b',
      false,
    ]);
  });
});

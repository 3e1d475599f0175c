import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHeap, growHeap, popReady, pushReady } from '../../../src/core/graph/ready.ts';
import { createTable, extendTable, isBefore } from '../../../src/core/graph/table.ts';
import { anyPlan, makePlan } from '../samples.ts';

const isOpen = () => true;

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
            expect(popReady(table, heap, isOpen)).toBe(naive[0]);
            naive = naive.slice(1);
          } else {
            const task = move % plan.tasks.length;
            if (!naive.includes(task)) naive.push(task);
            pushReady(heap, task);
          }
        }
        expect([...heap.tasks, ...heap.fresh].sort()).toEqual(naive.toSorted());
      }),
    );
  });

  it('keeps its order when the table gets more tasks', () => {
    const table = createTable(makePlan({ b: [[], 2], d: [[], 4] }));
    const heap = createHeap(2);
    for (const task of [0, 1]) pushReady(heap, task);
    const longer = extendTable(table, makePlan({ a: [[], 3], c: [[], 9] }).tasks);
    growHeap(heap, 4);
    for (const task of [0, 1, 2, 3, 3]) pushReady(heap, task);
    const order = [1, 2, 3, 4, 5].map(() => popReady(longer, heap, isOpen));
    expect(order.map((task) => task !== undefined && longer.tasks[task]?.name)).toEqual([
      'c',
      'd',
      'a',
      'b',
      false,
    ]);
  });

  it('drops what can start no more when it is met, and takes it again when it can', () => {
    const table = createTable(makePlan({ a: [[], 3], b: [[], 2], c: [[], 1] }));
    const heap = createHeap(3);
    const open = new Set([0, 1]);
    for (const task of [0, 1, 2]) pushReady(heap, task);
    expect(popReady(table, heap, (task) => open.has(task))).toBe(0);
    open.delete(1);
    expect(popReady(table, heap, (task) => open.has(task))).toBeUndefined();
    for (const task of [2, 1, 2]) pushReady(heap, task);
    expect([1, 2, 3].map(() => popReady(table, heap, isOpen))).toEqual([1, 2, undefined]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReadyHeap } from '../../../src/core/graph/ready.ts';
import { popReady, pushReady } from '../../../src/core/graph/ready.ts';
import { createTable, isBefore } from '../../../src/core/graph/table.ts';
import { anyPlan } from '../samples.ts';

describe('the ready heap', () => {
  it('always gives the first of what is in it, as a sorted list would', () => {
    const anyMoves = fc.array(fc.option(fc.nat(), { nil: undefined }), { maxLength: 80 });
    fc.assert(
      fc.property(anyPlan(), anyMoves, (plan, moves) => {
        const table = createTable(plan);
        const heap: ReadyHeap = [];
        let naive: number[] = [];
        for (const move of moves) {
          if (move === undefined) {
            naive.sort((a, b) => (isBefore(table, a, b) ? -1 : 1));
            expect(popReady(table, heap)).toBe(naive[0]);
            naive = naive.slice(1);
          } else if (!naive.includes(move % plan.tasks.length)) {
            naive.push(move % plan.tasks.length);
            pushReady(table, heap, move % plan.tasks.length);
          }
        }
        expect(heap.toSorted()).toEqual(naive.toSorted());
      }),
    );
  });
});

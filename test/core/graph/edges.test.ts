import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  findCycle,
  packEdges,
  reverseEdges,
  sortTopologically,
  targetsOf,
} from '../../../src/core/graph/edges.ts';

/** Any graph, cycles included. */
const anyGraph = fc
  .integer({ min: 1, max: 15 })
  .chain((nodes) =>
    fc.array(fc.array(fc.nat(nodes - 1), { maxLength: 4 }), { minLength: nodes, maxLength: nodes }),
  );

describe('packed edges', () => {
  it('hold each edge once, and turned round twice they are the same', () => {
    fc.assert(
      fc.property(anyGraph, (lists) => {
        const edges = packEdges(lists);
        const twice = reverseEdges(reverseEdges(edges));
        lists.forEach((list, node) => {
          expect([...targetsOf(edges, node)]).toEqual([...new Set(list)]);
          expect([...targetsOf(twice, node)]).toEqual([...new Set(list)].sort((a, b) => a - b));
        });
      }),
    );
  });

  it('sort so that each node comes after all it needs, or hold a cycle that is really there', () => {
    fc.assert(
      fc.property(anyGraph, (lists) => {
        const needs = packEdges(lists);
        const cycle = findCycle(needs);
        const order = [...sortTopologically(needs, reverseEdges(needs))];
        expect(order.length === lists.length).toBe(cycle === undefined);
        const done = new Set<number>();
        for (const node of order) {
          expect((lists[node] ?? []).every((need) => done.has(need))).toBe(true);
          done.add(node);
        }
        cycle?.forEach((node, place) => {
          expect(lists[node]).toContain(cycle[(place + 1) % cycle.length]);
        });
      }),
    );
  });
});

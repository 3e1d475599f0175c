import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { walkGraph } from '../../src/pkgsrc/cycles.ts';
import type { Edges } from '../../src/pkgsrc/edges.ts';

const graph = fc
  .integer({ min: 1, max: 9 })
  .chain((count) =>
    fc.array(fc.uniqueArray(fc.nat(count - 1), { maxLength: 3 }), { minLength: count, maxLength: count }),
  );

/** Edges of the shortest way from a node back to itself, by trying ever longer ways. */
function cycleLength(edges: readonly (readonly number[])[], start: number): number | undefined {
  let reached = new Set([start]);
  for (let length = 1; length <= edges.length; length += 1) {
    reached = new Set([...reached].flatMap((node) => edges[node] ?? []));
    if (reached.has(start)) return length;
  }
  return undefined;
}

describe('a walk over the graph', () => {
  it('finds a shortest cycle for exactly the nodes that are on one', () => {
    fc.assert(
      fc.property(graph, (edges) => {
        const { cycles } = walkGraph(packEdges(edges));
        for (const node of edges.keys()) {
          const cycle = cycles.get(node);
          expect(cycle?.length).toBe(cycleLength(edges, node));
          if (cycle === undefined) continue;
          expect(cycle[0]).toBe(node);
          for (const [at, member] of cycle.entries()) {
            expect(edges[member]).toContain(cycle[(at + 1) % cycle.length]);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('puts every node once, and what is needed before what needs it', () => {
    fc.assert(
      fc.property(graph, (edges) => {
        const { order, cycles } = walkGraph(packEdges(edges));
        expect([...order].sort((a, b) => a - b)).toEqual([...edges.keys()]);
        for (const node of edges.keys()) {
          if (cycles.has(node)) continue;
          for (const need of edges[node] ?? []) expect(order.indexOf(need)).toBeLessThan(order.indexOf(node));
        }
      }),
    );
  });

  it('takes a chain of a hundred thousand', () => {
    const edges = Array.from({ length: 100_000 }, (_, node) => (node === 0 ? [] : [node - 1]));
    expect(walkGraph(packEdges(edges)).order.at(-1)).toBe(99_999);
  });
});

function packEdges(lists: readonly (readonly number[])[]): Edges {
  const starts = new Uint32Array(lists.length + 1);
  let count = 0;
  for (const [node, list] of lists.entries()) {
    count += list.length;
    starts[node + 1] = count;
  }
  const targets = new Uint32Array(count);
  for (const [node, list] of lists.entries()) targets.set(list, starts[node]);
  return { starts, targets };
}

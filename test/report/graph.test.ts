import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countDependents, listDependents, turnRound } from '../../src/report/graph.ts';

/** Dependency lists of up to 90 packages, any way round, cycles and self-dependencies included. */
const anyGraph = fc
  .integer({ min: 1, max: 90 })
  .chain((size) =>
    fc.array(fc.array(fc.nat(size - 1), { maxLength: 4 }), { minLength: size, maxLength: size }),
  );

describe('the graph of dependents', () => {
  it('counts for every package those that need it, as a plain walk does, cycles or not', () => {
    fc.assert(
      fc.property(anyGraph, (depends) => {
        const graph = turnRound(depends);
        const counts = countDependents(graph);
        depends.forEach((_, index) => {
          const expected = walkNaively(depends, index);
          expect([...listDependents(graph, index)]).toEqual(expected);
          expect(counts[index]).toBe(expected.length);
        });
      }),
    );
  });

  it('orders every package after its dependents when there is no cycle', () => {
    fc.assert(
      fc.property(anyGraph, (lists) => {
        const depends = lists.map((list, index) => list.filter((on) => on < index));
        const graph = turnRound(depends);
        const place = new Map([...graph.order].map((index, at) => [index, at]));
        expect(graph.cyclic).toBe(false);
        expect(place.size).toBe(depends.length);
        depends.forEach((list, index) => {
          for (const on of list) expect(place.get(on) ?? -1).toBeGreaterThan(place.get(index) ?? -1);
        });
      }),
    );
  });

  it('says when there is a cycle', () => {
    expect(turnRound([[1], [0]]).cyclic).toBe(true);
    expect(turnRound([[0]]).cyclic).toBe(true);
  });

  it('counts across more packages than one block of bits holds', () => {
    const chain = Array.from({ length: 3_000 }, (_, index) => (index === 0 ? [] : [index - 1]));
    const counts = countDependents(turnRound(chain));
    expect([counts[0], counts[1_500], counts[2_999]]).toEqual([2_999, 1_499, 0]);
  });

  it('does not walk past a package that has an end of its own', () => {
    const graph = turnRound([[], [0], [1], [0]]);
    expect(listDependents(graph, 0, (index) => index === 1)).toEqual([3]);
  });

  it('has an answer for an empty tree', () => {
    expect([...countDependents(turnRound([]))]).toEqual([]);
  });
});

function walkNaively(depends: readonly (readonly number[])[], from: number): number[] {
  const reached = new Set([from]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const [index, list] of depends.entries()) {
      if (reached.has(index) || !list.some((on) => reached.has(on))) continue;
      reached.add(index);
      grown = true;
    }
  }
  reached.delete(from);
  return [...reached].sort((a, b) => a - b);
}

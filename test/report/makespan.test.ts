import { describe, expect, it } from 'vitest';
import { measureMakespan } from '../../src/report/makespan.ts';
import { deriveOutcomes } from '../../src/report/outcomes.ts';
import { built, makeInput, START_MS } from './fixture.ts';

describe('makespan and its lower bound', () => {
  it('is bound by the longest chain when the chain is longer than the work of a slot', () => {
    const makespan = measure(
      [
        { name: 'a-1', run: built(100_000) },
        { name: 'b-1', needs: ['a-1'], run: built(200_000) },
        { name: 'c-1', needs: ['a-1'], run: built(150_000) },
        { name: 'd-1', needs: ['b-1', 'c-1'], run: { failedIn: 'build', reason: 'x', wallMs: 50_000 } },
      ],
      400_000,
    );
    expect(makespan).toEqual({
      makespanMs: 400_000,
      workMs: 500_000,
      longestPath: ['a-1', 'b-1', 'd-1'],
      longestPathMs: 350_000,
      lowerBoundMs: 350_000,
      bound: 'path',
      efficiency: 0.875,
    });
  });

  it('is bound by work per slot when packages are independent', () => {
    const makespan = measure(
      ['a', 'b', 'c', 'd'].map((name) => ({ name: `${name}-1`, run: built(60_000) })),
      150_000,
    );
    expect([makespan.bound, makespan.lowerBoundMs, makespan.efficiency]).toEqual(['work', 120_000, 0.8]);
  });

  it('counts neither what ran before a break nor the break', () => {
    const specs = ['a', 'b', 'c'].map((name) => ({ name: `${name}-1`, run: built(60_000) }));
    const measuredFromMs = START_MS + 1_000; // the second run's start: the first one was before the break
    const input = makeInput(specs, { measuredFromMs, endedAtMs: measuredFromMs + 120_000 });
    const makespan = measureMakespan(input, deriveOutcomes(input));
    expect([makespan.makespanMs, makespan.workMs, makespan.lowerBoundMs]).toEqual([120_000, 120_000, 60_000]);
  });

  it('is nothing when nothing ran', () => {
    const makespan = measure([{ name: 'a-1' }], 0);
    expect([makespan.workMs, makespan.longestPath, makespan.efficiency]).toEqual([0, [], 1]);
  });
});

function measure(
  specs: Parameters<typeof makeInput>[0],
  makespanMs: number,
): ReturnType<typeof measureMakespan> {
  const input = makeInput(specs, { endedAtMs: START_MS + makespanMs });
  return measureMakespan(input, deriveOutcomes(input));
}

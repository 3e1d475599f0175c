import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Counts, countOutcomes, formatCounts, toPbulkCounts } from '../../src/report/counts.ts';
import { deriveOutcomes } from '../../src/report/outcomes.ts';
import { built, everyStanding, makeInput, type PackageSpec } from './fixture.ts';

const anyPackage = fc.constantFrom<Omit<PackageSpec, 'name'>>(
  { run: built() },
  { run: { failedIn: 'build', reason: 'x' } },
  { run: { failedIn: 'build', reason: 'x', class: 'infra' } },
  { run: { failedIn: 'build', reason: 'x', class: 'timeout' } },
  { state: { kind: 'masked', by: 'skip', reason: 'x' } },
  { state: { kind: 'unresolved', reason: 'x' } },
  { state: { kind: 'indirect', of: 'masked', culprits: [] } },
  { state: { kind: 'indirect', of: 'unresolved', culprits: [] } },
  {},
);

describe('the counts of a build', () => {
  it('put every package into exactly one place, ours and pbulk’s', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyPackage, fc.nat()), { maxLength: 40 }), (list) => {
        const specs = list.map(([spec, needs], index) => ({
          ...spec,
          name: `p${index}-1`,
          needs: index === 0 ? [] : [`p${needs % index}-1`],
        }));
        const counts = countOutcomes(deriveOutcomes(makeInput(specs)));
        expect(sum(counts)).toBe(list.length);
        expect(sum(toPbulkCounts(counts))).toBe(list.length);
      }),
    );
  });

  it('keep trouble of hosts apart from failures of packages', () => {
    const counts = countOutcomes(deriveOutcomes(everyStanding()));
    expect(counts).toEqual({
      total: 12,
      done: 3,
      kept: 0,
      failed: 1,
      timedOut: 0,
      infraFailed: 1,
      indirectFailed: 2,
      masked: 1,
      unresolved: 1,
      indirectMasked: 1,
      indirectUnresolved: 1,
      open: 1,
    });
  });

  it('tell those that timed out from those that failed by themselves, but not to pbulk', () => {
    const run = { failedIn: 'build', reason: 'silent', class: 'timeout' } as const;
    const counts = countOutcomes(deriveOutcomes(makeInput([{ name: 'a-1', run }])));
    expect(counts).toMatchObject({ failed: 0, timedOut: 1 });
    expect(formatCounts(counts)).toBe('0 of 1 packages built, 1 timed out');
    expect(toPbulkCounts(counts)).toMatchObject({ failed: 1 });
  });

  it('make one line that leaves out what is zero', () => {
    const input = everyStanding();
    expect(formatCounts(countOutcomes(deriveOutcomes(input)), input.scanFailures)).toBe(
      '3 of 12 packages built, 1 failed, 1 failed by trouble of hosts, 2 blocked by a failure, 1 masked, ' +
        '1 unresolved, 2 depending on those, 1 not built yet, 1 path not scanned',
    );
    expect(
      formatCounts(countOutcomes(deriveOutcomes({ ...input, kept: new Set(['tiff-4.7.1'] as never[]) }))),
    ).toBe(
      '4 of 12 packages there, 1 of them kept from earlier builds, 1 failed, 1 failed by trouble of hosts, ' +
        '2 blocked by a failure, 1 masked, 1 unresolved, 2 depending on those',
    );
    const clean = makeInput([{ name: 'a-1', run: built() }]);
    expect(formatCounts(countOutcomes(deriveOutcomes(clean)))).toBe('1 of 1 packages built');
  });
});

function sum(counts: Omit<Counts, keyof Counts> & { readonly total: number }): number {
  return Object.entries(counts).reduce(
    (all, [key, count]) => (key === 'total' || key === 'kept' ? all : all + Number(count)),
    0,
  );
}

import { describe, expect, it } from 'vitest';
import { compareBuilds, selectSince } from '../../src/report/compare.ts';
import type { PreviousOutcome } from '../../src/report/model.ts';
import { deriveOutcomes } from '../../src/report/outcomes.ts';
import { built, makeInput } from './fixture.ts';

const was = (
  pkgbase: string,
  status: PreviousOutcome['status'],
  stage = status === 'failed' ? 'build' : '',
): PreviousOutcome => ({ pkgpath: `cat/${pkgbase}`, pkgbase, pkgname: `${pkgbase}-1.0`, status, stage });

const fails = (failedIn: string) => ({ failedIn, reason: 'Error code 1' });

const outcomes = deriveOutcomes(
  makeInput(
    [
      { name: 'broke-2.0', run: fails('build') },
      { name: 'wasKept-2.0', run: fails('build') },
      { name: 'still-2.0', run: fails('install') },
      { name: 'mended-2.0', run: built() },
      { name: 'keptNow-1.0' },
      { name: 'wasBlocked-1.0', run: fails('build') },
      { name: 'unheard-1.0', run: fails('build') },
      { name: 'blocked-1.0', needs: ['broke-2.0'] },
      { name: 'fine-1.0', run: built() },
    ],
    { kept: new Set(['keptNow-1.0'] as never[]) },
  ),
);
const previous = {
  build: 'b1',
  endedAtMs: 0,
  outcomes: [
    was('broke', 'built'),
    was('wasKept', 'kept'),
    was('still', 'failed'),
    was('mended', 'failed', 'configure'),
    was('keptNow', 'failed'),
    was('wasBlocked', 'blocked'),
    was('blocked', 'failed'),
    was('fine', 'built'),
    was('removed', 'failed'),
    was('removedToo', 'built'),
  ],
};

describe('a build beside the one before it', () => {
  const comparison = compareBuilds(outcomes, previous);
  if (comparison === undefined) throw new Error('there is a build to compare with');
  const names = (kind: 'new' | 'still' | 'first') =>
    selectSince(outcomes, comparison, kind).map(({ record }) => record.pkgname);

  it('calls a failure new only if the package was there before, in whatever version', () => {
    expect(names('new')).toEqual(['broke-2.0', 'wasKept-2.0']);
    expect(names('first')).toEqual(['wasBlocked-1.0', 'unheard-1.0']);
  });

  it('knows where a package that still fails failed before', () => {
    expect(names('still')).toEqual(['still-2.0']);
    expect(comparison.since.get(2)).toEqual({ kind: 'still', stage: 'build' });
  });

  it('counts as fixed what failed and is there now, built or kept, and nothing else', () => {
    expect(comparison.fixed.map(({ pkg, stage }) => [pkg.record.pkgname, stage])).toEqual([
      ['mended-2.0', 'configure'],
      ['keptNow-1.0', 'build'],
    ]);
    expect(comparison.untried.map(({ record }) => record.pkgname)).toEqual(['blocked-1.0']);
    expect(comparison.gone.map(({ pkgname }) => pkgname)).toEqual(['removed-1.0']);
  });

  it('is not made when there is nothing to compare with', () => {
    expect(compareBuilds(outcomes, undefined)).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import {
  deriveOutcomes,
  listBroken,
  type Outcomes,
  type PackageOutcome,
  toPbulkStatus,
} from '../../src/report/outcomes.ts';
import { built, everyStanding, makeInput, pkgName } from './fixture.ts';

const failed = { failedIn: 'build', reason: 'Error code 1' };

describe('what became of each package', () => {
  it('is one of the seven standings, and the word pbulk has for it', () => {
    const outcomes = deriveOutcomes(everyStanding());
    const words = outcomes.packages.map((pkg) => [
      pkg.record.pkgname,
      pkg.standing.kind,
      toPbulkStatus(pkg.standing),
    ]);
    expect(words).toEqual([
      ['zlib-1.3.1', 'done', 'done'],
      ['png-1.6.53', 'done', 'done'],
      ['cairo-1.18.4', 'failed', 'failed'],
      ['pango-1.56.3', 'indirect-failed', 'indirect-failed'],
      ['gtk3+-3.24.51', 'indirect-failed', 'indirect-failed'],
      ['py312-fuse-1.0', 'failed', 'failed'],
      ['py313-fuse-1.0', 'done', 'done'],
      ['fuse-3.17', 'prefailed', 'prefailed'],
      ['sshfs-3.7', 'indirect-prefailed', 'indirect-prefailed'],
      ['buildbot-4.2', 'unresolved', 'prefailed'],
      ['buildbot-www-4.2', 'indirect-prefailed', 'indirect-prefailed'],
      ['tiff-4.7.1', 'open', 'open'],
    ]);
  });

  it('names every failed package that blocks another, and none of those in between', () => {
    const outcomes = deriveOutcomes(everyStanding());
    expect(find(outcomes, 'pango-1.56.3').standing).toEqual({
      kind: 'indirect-failed',
      culprits: ['cairo-1.18.4'],
    });
    expect(find(outcomes, 'gtk3+-3.24.51').standing).toEqual({
      kind: 'indirect-failed',
      culprits: ['cairo-1.18.4', 'py312-fuse-1.0'],
    });
  });

  it('keeps what was built although a dependency of it failed elsewhere, and blames nothing above it', () => {
    const outcomes = deriveOutcomes(
      makeInput([
        { name: 'a-1', run: failed },
        { name: 'b-1', needs: ['a-1'], run: built() },
        { name: 'c-1', needs: ['b-1'] },
      ]),
    );
    expect(find(outcomes, 'b-1').standing.kind).toBe('done');
    expect(find(outcomes, 'c-1').standing.kind).toBe('open');
  });

  it('lets a mask win over a failure below, as pbulk settles masks before it builds', () => {
    const outcomes = deriveOutcomes(
      makeInput([
        { name: 'a-1', run: failed },
        { name: 'm-1', state: { kind: 'masked', by: 'skip', reason: '"no"' } },
        {
          name: 'b-1',
          needs: ['a-1', 'm-1'],
          state: { kind: 'indirect', of: 'masked', culprits: [pkgName('m-1')] },
        },
      ]),
    );
    expect(find(outcomes, 'b-1').standing).toEqual({
      kind: 'indirect-prefailed',
      of: 'masked',
      culprits: ['m-1'],
    });
  });

  it('counts and names all that needs a package, whatever became of it', () => {
    const outcomes = deriveOutcomes(everyStanding());
    const zlib = find(outcomes, 'zlib-1.3.1');
    const names = listBroken(outcomes, zlib);
    expect(zlib.breaks).toBe(7);
    expect(names).toEqual([
      'png-1.6.53',
      'cairo-1.18.4',
      'pango-1.56.3',
      'gtk3+-3.24.51',
      'py312-fuse-1.0',
      'py313-fuse-1.0',
      'tiff-4.7.1',
    ]);
  });

  it('is derived for 30,000 packages in a chain and a fan', { timeout: 60_000 }, () => {
    const chain = Array.from({ length: 15_000 }, (_, i) => ({
      name: `chain${i}-1`,
      needs: i === 0 ? [] : [`chain${i - 1}-1`],
      ...(i < 100 ? { run: i === 99 ? failed : built(1_000) } : {}),
    }));
    const fan = Array.from({ length: 15_000 }, (_, i) => ({ name: `fan${i}-1`, needs: ['chain99-1'] }));
    const outcomes = deriveOutcomes(makeInput([...chain, ...fan]));
    expect(find(outcomes, 'chain99-1').breaks).toBe(29_900);
    expect(find(outcomes, 'chain0-1').breaks).toBe(29_999);
    expect(outcomes.packages.filter((pkg) => pkg.standing.kind === 'indirect-failed')).toHaveLength(29_900);
  });
});

function find(outcomes: Outcomes, name: string): PackageOutcome {
  const pkg = outcomes.packages.find((candidate) => candidate.record.pkgname === name);
  if (pkg === undefined) throw new Error(`no outcome for ${name}`);
  return pkg;
}

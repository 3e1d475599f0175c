import { describe, expect, it } from 'vitest';
import { findPrevious } from '../../../agent/build/previous.ts';
import { type BuildId, buildId } from '../../../src/core/ids.ts';
import type { BuildRecord } from '../../../src/store/builds.ts';
import type { PackageOutcomeRow } from '../../../src/store/outcomes.ts';

const now = buildId('b9');
const all = new Set(['a/b b', 'a/c c']);

const outcome = (pkgpath: string, pkgbase: string): PackageOutcomeRow => ({
  pkgpath,
  pkgbase,
  pkgname: `${pkgbase}-1`,
  status: 'failed',
  stage: 'build',
  reason: '',
});

/** A store with builds, the newest first: how each ended, what it was asked for, whether its outcomes are there. */
const storeOf = (
  builds: readonly (readonly [string, BuildRecord['ending'], string[], boolean?, string?])[],
) => {
  const records = builds.map(
    ([id, ending, pkgpaths, , configDigest = '']): BuildRecord => ({
      id: buildId(id),
      ending,
      pkgpaths,
      startedAtMs: 0,
      endedAtMs: 1,
      configDigest,
      platform: undefined,
      revision: undefined,
      figures: undefined,
    }),
  );
  const outcomes = [outcome('a/b', 'b'), outcome('a/c', 'c')];
  return {
    listBuilds: () => records,
    findBuild: (id: BuildId) => records.find((record) => record.id === id),
    outcomesOf: (id: BuildId) => (builds.find(([name]) => name === id)?.[3] === false ? undefined : outcomes),
  };
};

describe('the build that a report compares with', () => {
  it('is the last complete one that was asked for the same, in whatever order', () => {
    const store = storeOf([
      ['b9', undefined, ['a/b', 'a/c']],
      ['b8', 'stopped', ['a/b', 'a/c']],
      ['b7', 'complete', ['a/b']],
      ['b6', 'complete', ['a/c', 'a/b']],
      ['b5', 'complete', ['a/b', 'a/c']],
    ]);
    expect(findPrevious(store, now, all)?.build).toBe('b6');
  });

  it('is the last complete one whatever it was asked for, where none was asked for the same', () => {
    const store = storeOf([
      ['b9', undefined, []],
      ['b8', 'failed', ['a/c']],
      ['b7', 'complete', ['a/b']],
    ]);
    expect(findPrevious(store, now, all)?.build).toBe('b7');
  });

  it('is none but one whose outcomes are known', () => {
    const store = storeOf([
      ['b9', 'complete', []],
      ['b8', 'complete', [], false],
      ['b7', 'complete', []],
    ]);
    expect(findPrevious(store, now, all)?.build).toBe('b7');
    expect(findPrevious(storeOf([['b9', 'complete', []]]), now, all)).toBeUndefined();
  });

  it('is no rebuild, and of one with another request only what this build has counts', () => {
    const store = storeOf([
      ['b9', undefined, ['a/b']],
      ['b8', 'complete', [], true, 'd:rebuild'],
      ['b7', 'complete', []],
    ]);
    const found = findPrevious(store, now, new Set(['a/b b']));
    expect(found?.build).toBe('b7');
    expect(found?.outcomes.map(({ pkgbase }) => pkgbase)).toEqual(['b']);
  });

  it('of a rebuild is the build before, of which only what is built again counts', () => {
    const store = storeOf([
      ['b9', undefined, [], true, 'd:rebuild'],
      ['b8', 'complete', []],
    ]);
    expect(findPrevious(store, now, new Set(['a/c c']))?.outcomes).toEqual([outcome('a/c', 'c')]);
    expect(findPrevious(storeOf([['b8', 'complete', []]]), now, all)?.build).toBe('b8');
  });
});

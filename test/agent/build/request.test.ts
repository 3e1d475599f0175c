import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseBuild } from '../../../agent/build/request.ts';
import { type BuildId, planId } from '../../../src/core/ids.ts';
import { openStore, type Store } from '../../../src/store/open.ts';
import { useScratch } from '../../store/scratch.ts';

describe('which build a request means', () => {
  const scratch = useScratch();
  let store: Store;
  beforeEach(() => {
    store = openStore(scratch());
  });
  afterEach(() => store.close());
  const choose = (fresh = false, pkgpaths = ['a/b'], digest = 'config') =>
    chooseBuild(store, { pkgpaths, fresh }, pkgpaths, digest);
  const givePlan = (build: BuildId): void =>
    store.savePlan(planId(`plan of ${build}`), build, Buffer.from('p'));
  const completePlan = (build: BuildId): void => {
    givePlan(build);
    store.endBuild(build, 'complete', 5);
  };

  it('goes on with one that was cut short or stopped, whatever it came to, and keeps its beginning', () => {
    const first = choose();
    expect(first).toMatchObject({ resumed: false, pkgpaths: ['a/b'] });
    expect(first.build).toMatch(/^\d{8}T\d{6}Z-.{6}$/);
    givePlan(first.build);
    for (const ending of [undefined, 'stopped', 'failed'] as const) {
      if (ending !== undefined) store.endBuild(first.build, ending, 5);
      expect(choose()).toEqual({ ...first, resumed: true });
      expect(store.findBuild(first.build)?.ending).toBeUndefined();
    }
  });

  it.each([
    ['it ended before its plan', (build: BuildId) => store.endBuild(build, 'stopped', 5), {}],
    ['it is complete', completePlan, {}],
    ['a fresh one is wanted', givePlan, { fresh: true }],
    ['other packages are asked for', givePlan, { pkgpaths: ['a/c'] }],
    ['the configuration has changed', givePlan, { digest: 'other' }],
  ])(
    'begins a new one when %s',
    (_, after, wish: { fresh?: boolean; pkgpaths?: string[]; digest?: string }) => {
      const first = choose();
      after(first.build);
      const second = choose(wish.fresh, wish.pkgpaths, wish.digest);
      expect(second.resumed).toBe(false);
      expect(second.build).not.toBe(first.build);
    },
  );
});

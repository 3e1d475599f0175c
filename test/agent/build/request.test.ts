import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseBuild, listStandingFacts } from '../../../agent/build/request.ts';
import { type BuildId, hostId, planId } from '../../../src/core/ids.ts';
import { openStore, type Store } from '../../../src/store/open.ts';
import { makeFact } from '../../store/makeFact.ts';
import { useScratch } from '../../store/scratch.ts';

const life = { host: hostId('h1'), incarnation: 1 };

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

describe('facts that still hold', () => {
  const scratch = useScratch();
  const failed = { kind: 'failed', class: 'package', stage: 'build', reason: '' } as const;
  const built = (sizeBytes: number) => ({ kind: 'built', digest: 'sha256:0', sizeBytes }) as const;

  it('are those of failures and of package files that are as they were made', async () => {
    const dir = scratch();
    writeFileSync(join(dir, 'pkg-1.0'), 'abc');
    writeFileSync(join(dir, 'pkg-2.0'), 'abcd');
    const facts = [
      makeFact(life, 1, built(3)),
      makeFact(life, 2, built(3)),
      makeFact(life, 3, built(3)),
      makeFact(life, 4, failed),
    ];
    const { standing, gone } = await listStandingFacts(facts, (task) => join(dir, task));
    expect(standing.map(({ seq }) => seq)).toEqual([1, 4]);
    expect(gone).toEqual(['pkg-2.0', 'pkg-3.0']);
  });

  it('do not count a package as gone that was built again since', async () => {
    const dir = scratch();
    writeFileSync(join(dir, 'pkg-1.0'), 'abcd');
    const facts = [
      makeFact(life, 1, built(3)),
      { ...makeFact(life, 5, built(4)), task: makeFact(life, 1).task },
      makeFact(life, 2, built(3)),
      { ...makeFact(life, 6, failed), task: makeFact(life, 2).task },
    ];
    const { standing, gone } = await listStandingFacts(facts, (task) => join(dir, task));
    expect(standing.map(({ seq }) => seq)).toEqual([5, 6]);
    expect(gone).toEqual([]);
  });

  it('are not looked for where the graph does not know the task', async () => {
    expect(await listStandingFacts([makeFact(life, 1)], () => undefined)).toEqual({ standing: [], gone: [] });
  });
});

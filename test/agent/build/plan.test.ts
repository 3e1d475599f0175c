import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planBuild } from '../../../agent/build/plan.ts';
import type { ChosenBuild } from '../../../agent/build/request.ts';
import type { Survey } from '../../../agent/build/survey.ts';
import { buildId } from '../../../src/core/ids.ts';
import type { ScanRecord } from '../../../src/pkgsrc/package.ts';
import { openStore, type Store } from '../../../src/store/open.ts';
import { policy, request } from '../../pkgsrc/build/fixture.ts';
import { makeRecord } from '../../pkgsrc/records.ts';
import { emptySpec } from '../../sandbox/support/host.ts';
import { useScratch } from '../../store/scratch.ts';
import { noLimits } from '../support/no-limits.ts';

describe('the plan of a build', () => {
  const scratch = useScratch();
  let store: Store;
  let warnings: string[];
  let settings: Record<string, string>;
  beforeEach(() => {
    store = openStore(scratch());
    warnings = [];
    settings = {};
  });
  afterEach(() => store.close());

  const plan = async (
    records: readonly ScanRecord[],
    changes: Partial<ChosenBuild> = {},
    signal = new AbortController().signal,
  ) => {
    const { tree, environment: make } = request({
      dir: '',
      logDir: '',
      packages: join(scratch(), 'packages'),
      remove: async () => {},
    });
    const survey: Survey = { records, failures: [], tree, make };
    const chosen: ChosenBuild = {
      ...{ build: buildId('b1'), startedAtMs: 5, pkgpaths: [], resumed: false },
      ...{ everything: false, rebuild: undefined, failedBefore: [] },
      ...changes,
    };
    if (store.findBuild(chosen.build) === undefined) {
      store.createBuild({ id: chosen.build, startedAtMs: 5, pkgpaths: [], configDigest: '' });
    }
    const planned = await planBuild(
      store,
      chosen,
      {
        ground: {
          ...{ spec: emptySpec, make, user: undefined, policy: policy(), inherited: {} },
          ...{ limits: noLimits, warnings: [] },
        },
        survey,
        settingsOf: () => settings,
        skipAgeCheck: false,
        onWarning: (line) => warnings.push(line),
      },
      signal,
    );
    return planned.live;
  };
  const took = (wallMs: number): void =>
    store.addHistory([
      {
        ...{
          pkgpath: 'cat/a',
          pkgbase: 'a',
          build: buildId('b0'),
          pkgname: 'a-0.9',
          outcome: 'built',
          stage: '',
        },
        ...{ endedAtMs: 1, wallMs, cpuMs: 1, diskBytes: 0, jobs: 1, steps: [] },
        ...{ host: 'one', memoryBytes: 0, reason: '' },
      },
    ]);
  const records = [makeRecord('a-1'), makeRecord('b-1', { depends: 'a>=1' }), makeRecord('c-1')];

  it('has the buildable packages that were asked for, with the times of former versions', async () => {
    took(4000);
    const live = await plan([...records, makeRecord('d-1', { skip: 'no' })]);
    expect(live.plan.tasks).toMatchObject([
      { name: 'a-1', estimateMs: 4000, needs: [] },
      { name: 'b-1', estimateMs: 60_000, needs: ['a-1'] },
      { name: 'c-1', estimateMs: 60_000 },
    ]);
    expect(live.resolution.packages).toHaveLength(4);
    const asked = ['cat/b'];
    const limited = await plan(records, { build: buildId('b2'), pkgpaths: asked });
    expect(limited.plan.tasks.map(({ name }) => name)).toEqual(['a-1', 'b-1']);
  });

  it('is the same when the build goes on, whatever was learnt meanwhile, and another for another build', async () => {
    const first = await plan(records);
    took(4000);
    const again = await plan(records, { resumed: true });
    expect(again.planId).toBe(first.planId);
    expect(again.plan.tasks).toEqual(first.plan.tasks);
    expect((await plan(records, { build: buildId('b2') })).planId).not.toBe(first.planId);
    expect(store.plansOf(buildId('b1'))).toEqual([first.planId]);
  });

  it('is another one, in which nothing is done yet, when the tree or a setting has changed since it was made', async () => {
    const first = await plan(records);
    const more = await plan([...records, makeRecord('d-1')], { resumed: true });
    expect(more.planId).not.toBe(first.planId);
    expect(warnings).toEqual([expect.stringContaining('have changed since this build began')]);
    settings = { '/etc/mk.conf': 'other' };
    const other = await plan([...records, makeRecord('d-1')], { resumed: true });
    expect(other.plan.tasks).toEqual(more.plan.tasks);
    expect(store.plansOf(buildId('b1'))).toEqual([first.planId, more.planId, other.planId]);
  });

  it('is refused when there is nothing in it', async () => {
    await expect(plan(records, { pkgpaths: ['cat/none'] })).rejects.toMatchObject({
      code: 'NOTHING_TO_BUILD',
    });
    expect(store.plansOf(buildId('b1'))).toEqual([]);
  });
});

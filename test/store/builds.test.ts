import { describe, expect, it } from 'vitest';
import { buildId, planId } from '../../src/core/ids.ts';
import type { NewBuild } from '../../src/store/builds.ts';
import { openStore } from '../../src/store/open.ts';
import { farLife, makeFact } from './makeFact.ts';
import { useScratch } from './scratch.ts';

const makeBuild = (id: string, pkgpaths: readonly string[] = [], configDigest = 'c1'): NewBuild => ({
  id: buildId(id),
  startedAtMs: 1000,
  pkgpaths,
  configDigest,
});
const platform = { opsys: 'NetBSD', osVersion: '10.1', machineArch: 'x86_64', compiler: 'gcc-10.5' };

describe('builds', () => {
  const scratch = useScratch();

  it('are found again with platform and ending after a restart', () => {
    const directory = scratch();
    const store = openStore(directory);
    store.createBuild(makeBuild('one'));
    store.createBuild(makeBuild('two', ['lang/perl5']));
    store.setPlatform(buildId('two'), platform);
    store.endBuild(buildId('one'), 'complete', 2000);
    store.close();
    const again = openStore(directory);
    expect(again.lastBuild()).toEqual({
      ...makeBuild('two', ['lang/perl5']),
      platform,
      ending: undefined,
      endedAtMs: undefined,
    });
    expect(again.findBuild(buildId('one'))).toMatchObject({ ending: 'complete', endedAtMs: 2000 });
    expect(again.findBuild(buildId('none'))).toBeUndefined();
    again.close();
  });

  it('can be resumed when they did not complete, for the same request in any order', () => {
    const store = openStore(scratch());
    const wanted = ['b/y', 'a/x'];
    expect(store.findResumable(wanted, 'c1')).toBeUndefined();
    store.createBuild(makeBuild('crashed', wanted));
    store.createBuild(makeBuild('other', ['c/z']));
    expect(store.findResumable(['a/x', 'b/y', 'a/x'], 'c1')?.id).toBe('crashed');
    expect(store.findResumable(wanted, 'c2')).toBeUndefined();
    expect(store.findResumable([], 'c1')).toBeUndefined();
    store.endBuild(buildId('crashed'), 'stopped', 1);
    expect(store.findResumable(wanted, 'c1')).toMatchObject({ id: 'crashed', ending: 'stopped' });
    store.reopenBuild(buildId('crashed'));
    expect(store.findResumable(wanted, 'c1')).toMatchObject({ ending: undefined, endedAtMs: undefined });
    store.close();
  });

  it('that completed put an end to older ones that did not', () => {
    const store = openStore(scratch());
    store.createBuild(makeBuild('stopped'));
    store.endBuild(buildId('stopped'), 'stopped', 1);
    store.createBuild(makeBuild('whole'));
    store.endBuild(buildId('whole'), 'complete', 2);
    expect(store.findResumable([], 'c1')).toBeUndefined();
    store.close();
  });

  it('keep plans for a resume, byte for byte', async () => {
    const directory = scratch();
    const store = openStore(directory);
    store.createBuild(makeBuild('one'));
    store.savePlan(planId('p2'), buildId('one'), Buffer.from('second'));
    store.savePlan(planId('p1'), buildId('one'), Buffer.from('first'));
    store.savePlan(planId('p1'), buildId('one'), Buffer.from('first'));
    store.close();
    const again = openStore(directory);
    expect(again.plansOf(buildId('one'))).toEqual(['p2', 'p1']);
    expect(Buffer.from(again.loadPlan(planId('p1')) ?? []).toString()).toBe('first');
    expect(again.loadPlan(planId('p9'))).toBeUndefined();
    again.close();
  });

  it('never let a plan change', () => {
    const store = openStore(scratch());
    store.createBuild(makeBuild('one'));
    store.savePlan(planId('p1'), buildId('one'), Buffer.from('first'));
    expect(() => store.savePlan(planId('p1'), buildId('one'), Buffer.from('other'))).toThrow(
      expect.objectContaining({ code: 'STORE_PLAN_CONFLICT' }),
    );
    store.close();
  });

  it('that are old can be dropped with their facts; open ones and the latest stay', () => {
    const store = openStore(scratch());
    for (const id of ['a', 'open', 'b', 'c']) store.createBuild(makeBuild(id));
    for (const id of ['a', 'b', 'c']) store.endBuild(buildId(id), 'complete', 1);
    store.savePlan(planId('plan-a'), buildId('a'), Buffer.from('a'));
    store.addEntries([makeFact(farLife, 1)]);
    expect(store.forgetBuilds(1)).toBe(2);
    expect(store.factsOf(planId('plan-a'))).toEqual([]);
    expect(store.loadPlan(planId('plan-a'))).toBeUndefined();
    expect(['a', 'open', 'b', 'c'].map((id) => store.findBuild(buildId(id)) !== undefined)).toEqual([
      false,
      true,
      false,
      true,
    ]);
    expect(store.forgetBuilds(0)).toBe(0);
    store.close();
  });

  it('are not dropped by the life that made entries for them: it would give the same number twice', () => {
    const directory = scratch();
    const store = openStore(directory);
    for (const id of ['a', 'b']) {
      store.createBuild(makeBuild(id));
      store.endBuild(buildId(id), 'complete', 1);
    }
    store.savePlan(planId('plan-a'), buildId('a'), Buffer.from('a'));
    store.addEntries([makeFact(store.life, 1)]);
    expect(store.forgetBuilds(1)).toBe(0);
    expect(store.factsOf(planId('plan-a'))).toHaveLength(1);
    store.close();
    const again = openStore(directory);
    expect(again.forgetBuilds(1)).toBe(1);
    again.close();
  });
});

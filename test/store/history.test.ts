import { describe, expect, it } from 'vitest';
import { buildId } from '../../src/core/ids.ts';
import { findEstimate, type HistoryRow, historyDepth, historyKey } from '../../src/store/history.ts';
import { openStore } from '../../src/store/open.ts';
import { useScratch } from './scratch.ts';

const makeRow = (build: string, outcome: 'built' | 'failed', endedAtMs: number): HistoryRow => ({
  pkgpath: 'lang/python311',
  pkgbase: 'python311',
  build: buildId(build),
  pkgname: 'python311-3.11.9',
  outcome,
  stage: outcome === 'failed' ? 'build' : '',
  endedAtMs,
  wallMs: endedAtMs * 10,
  cpuMs: endedAtMs * 20,
  diskBytes: endedAtMs * 30,
  jobs: 4,
  host: 'one',
  memoryBytes: 7,
  reason: outcome === 'failed' ? 'make exited with 1' : '',
  steps: [{ step: 'build', wallMs: 5, cpuMs: 6 }],
});
const key = historyKey('lang/python311', 'python311');

describe('estimates from history', () => {
  const scratch = useScratch();
  const estimateAfter = (...rows: readonly HistoryRow[]) => {
    const store = openStore(scratch());
    for (const row of rows) store.addHistory([row]);
    const found = store.estimates().get(key);
    store.close();
    return found;
  };

  it('are the last success, also when failures followed', () => {
    expect(
      estimateAfter(makeRow('b1', 'built', 1), makeRow('b2', 'built', 2), makeRow('b3', 'failed', 3)),
    ).toEqual({
      wallMs: 20,
      cpuMs: 40,
      diskBytes: 60,
      memoryBytes: 7,
      slowestMs: 20,
      jobs: 4,
      built: true,
    });
  });

  it('are the last failure while there is no success', () => {
    expect(estimateAfter(makeRow('b1', 'failed', 1), makeRow('b2', 'failed', 2))).toMatchObject({
      wallMs: 20,
      built: false,
    });
    expect(estimateAfter(makeRow('b1', 'failed', 5), makeRow('b2', 'built', 6))).toMatchObject({
      built: true,
    });
  });

  it('go by the time of the run, not by the order in which rows arrive', () => {
    expect(estimateAfter(makeRow('b2', 'built', 2), makeRow('b1', 'built', 1))?.wallMs).toBe(20);
  });

  it('take the same row twice', () => {
    expect(estimateAfter(makeRow('b1', 'built', 1), makeRow('b1', 'built', 1))?.wallMs).toBe(10);
    expect(estimateAfter()).toBeUndefined();
  });
});

describe('the history of a package', () => {
  const scratch = useScratch();

  it('is as deep as it says, the latest builds', () => {
    const store = openStore(scratch());
    const builds = Array.from({ length: historyDepth + 3 }, (_, index) => `b${index}`);
    for (const [index, build] of builds.entries()) store.addHistory([makeRow(build, 'built', index + 1)]);
    const rows = store.findHistory(({ pkgbase }) => pkgbase === 'python311');
    expect(rows.map(({ build }) => build)).toEqual(builds.toReversed().slice(0, historyDepth));
    expect(rows[0]).toEqual(makeRow(builds.at(-1) ?? '', 'built', historyDepth + 3));
    store.close();
  });

  it('outlives the builds that made it', () => {
    const store = openStore(scratch());
    for (const [index, id] of ['b1', 'b2'].entries()) {
      store.createBuild({ id: buildId(id), startedAtMs: index, pkgpaths: [], configDigest: 'd' });
      store.addHistory([makeRow(id, 'built', index + 1)]);
      store.endBuild(buildId(id), 'complete', index + 1);
    }
    expect(store.forgetBuilds(1)).toBe(1);
    expect(store.findHistory(() => true)).toHaveLength(2);
    expect(store.historyOfBuild(buildId('b1'))).toHaveLength(1);
    store.close();
  });

  it('that tells no PKGPATH counts for every package of the name, until there is a better one', () => {
    const store = openStore(scratch());
    store.addHistory([{ ...makeRow('b1', 'built', 1), pkgpath: '' }]);
    const find = () => findEstimate(store.estimates(), 'lang/python311', 'python311')?.wallMs;
    expect(find()).toBe(10);
    store.addHistory([makeRow('b2', 'built', 2)]);
    expect(find()).toBe(20);
    store.close();
  });
});

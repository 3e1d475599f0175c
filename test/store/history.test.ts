import { describe, expect, it } from 'vitest';
import { buildId } from '../../src/core/ids.ts';
import { type HistoryRow, historyKey } from '../../src/store/history.ts';
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

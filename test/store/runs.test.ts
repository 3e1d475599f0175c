import { describe, expect, it } from 'vitest';
import { planId, slotName, taskName } from '../../src/core/ids.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import type { RunRecord } from '../../src/store/runs.ts';
import { tokenOf } from '../core/lives.ts';
import { makeFact } from './makeFact.ts';
import { useScratch } from './scratch.ts';

const makeRun = (store: Store, sequence: number): RunRecord => ({
  token: tokenOf(store.life, sequence),
  planId: planId('plan-a'),
  task: taskName(`pkg-${sequence}.0`),
  slot: slotName('build-1'),
  startedAtMs: 1000 + sequence,
});

describe('run records', () => {
  const scratch = useScratch();

  it('of a life that ended in the middle are what the next life finds open', () => {
    const directory = scratch();
    const store = openStore(directory);
    store.beginRun(makeRun(store, 1));
    store.beginRun(makeRun(store, 2));
    store.endRun(makeRun(store, 1).token);
    store.close();
    const next = openStore(directory);
    expect(next.openRuns()).toEqual([{ ...makeRun(store, 2), incarnation: 1 }]);
    expect(next.life.incarnation).toBe(2);
    next.endRun(makeRun(store, 2).token);
    next.endRun(makeRun(store, 2).token);
    expect(next.openRuns()).toEqual([]);
    next.close();
  });

  it('are closed in the same commit as the fact or the attempt that ends them', () => {
    const store = openStore(scratch());
    for (const sequence of [1, 2, 3]) store.beginRun(makeRun(store, sequence));
    store.addEntries([makeFact(store.life, 1)]);
    const attempt = {
      ...makeRun(store, 2),
      trouble: 'disk-full',
      detail: 'no space on /var',
      endedAtMs: 5000,
    } as const;
    store.addAttempt(attempt);
    store.addAttempt(attempt);
    expect(store.openRuns().map((run) => run.task)).toEqual(['pkg-3.0']);
    expect(store.attemptsOf(planId('plan-a'))).toEqual([attempt]);
    expect(store.attemptsOf(planId('plan-b'))).toEqual([]);
    store.close();
  });

  it.each(['out-of-memory', 'work-full', 'timeout'] as const)('are read back when they met %s', (trouble) => {
    const store = openStore(scratch());
    const attempt = { ...makeRun(store, 1), trouble, detail: 'as the test wants', endedAtMs: 5000 };
    store.addAttempt(attempt);
    expect(store.attemptsOf(planId('plan-a'))).toEqual([attempt]);
    store.close();
  });
});

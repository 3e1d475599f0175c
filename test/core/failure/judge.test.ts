import { describe, expect, it } from 'vitest';
import type { TaskRecord, TroubledAttempt } from '../../../src/core/failure/judge.ts';
import { judgeTrouble, noteEviction } from '../../../src/core/failure/judge.ts';
import type { Trouble } from '../../../src/core/failure/trouble.ts';
import { defaultLimits } from '../../../src/core/limits.ts';

const fresh: TaskRecord = {
  charged: 0,
  total: 0,
  memory: 0,
  timeouts: 0,
  evictions: 0,
  aloneJobs: undefined,
  onDisk: false,
};

const judge = (
  trouble: Trouble,
  before: Partial<TaskRecord> = {},
  more: Partial<TroubledAttempt> & { readonly hostSuspect?: boolean } = {},
) => {
  const { hostSuspect = false, ...attempt } = more;
  return judgeTrouble(
    { trouble, detail: 'as it was', stage: undefined, jobs: 8, alone: false, ...attempt },
    { ...fresh, ...before },
    { hostSuspect, limits: defaultLimits },
  );
};

describe('judgeTrouble', () => {
  it('tries a task again at once when only its sandbox broke', () => {
    expect(judge('sandbox')).toEqual({
      kind: 'retry',
      record: { ...fresh, charged: 1, total: 1 },
      pauseMs: undefined,
    });
  });

  it('waits longer each time for what may come right with time', () => {
    const first = judge('missing-dependency');
    const second = judge('missing-dependency', first.record);
    expect([first, second].map((verdict) => verdict.kind === 'retry' && verdict.pauseMs)).toEqual([
      5_000, 10_000,
    ]);
  });

  it('gives a task up after three attempts', () => {
    expect(judge('sandbox', { charged: 2, total: 2 })).toMatchObject({
      kind: 'giveUp',
      failure: { kind: 'failed', class: 'infra', stage: 'sandbox' },
    });
  });

  it('charges a task with nothing while the host is the suspect, but not for ever', () => {
    const held = { hostSuspect: true };
    expect(judge('sandbox', { charged: 2, total: 2 }, held)).toMatchObject({
      kind: 'retry',
      record: { charged: 2, total: 3 },
    });
    expect(judge('sandbox', { charged: 0, total: 7 }, held).kind).toBe('giveUp');
  });

  it('gives a task that ran out of memory the host for itself, with half the jobs, and a third try with a quarter', () => {
    const first = judge('out-of-memory', {}, { jobs: 8 });
    expect(first).toMatchObject({
      kind: 'retry',
      pauseMs: undefined,
      record: { aloneJobs: 4, onDisk: true },
    });
    const second = judge('out-of-memory', first.record, { jobs: 4, alone: true });
    expect(second).toMatchObject({ kind: 'retry', record: { aloneJobs: 2 } });
    expect(
      judge('out-of-memory', second.record, { jobs: 2, alone: true, detail: '9 GiB of 8' }),
    ).toMatchObject({
      kind: 'giveUp',
      failure: {
        class: 'package',
        stage: 'memory',
        reason: expect.stringMatching(/3 attempts.*2 jobs.*9 GiB/),
      },
    });
  });

  it('fails a task that runs out of memory alone with one job, and never for one that was not alone yet', () => {
    const first = judge('out-of-memory', {}, { jobs: 1 });
    expect(first).toMatchObject({ kind: 'retry', record: { aloneJobs: 1 } });
    expect(judge('out-of-memory', first.record, { jobs: 1, alone: true })).toMatchObject({
      failure: { class: 'package', stage: 'memory' },
    });
    expect(judge('out-of-memory', first.record, { jobs: 1 }).kind).toBe('retry');
  });

  it('tries a task that a watchdog ended once more, then fails it in the words of who ended it', () => {
    const first = judge('timeout', {}, { stage: 'build' });
    expect(first).toMatchObject({ kind: 'retry', pauseMs: undefined, record: { charged: 0, timeouts: 1 } });
    expect(judge('timeout', first.record, { stage: 'configure', detail: 'silent for 2 h' })).toMatchObject({
      kind: 'giveUp',
      failure: { class: 'timeout', stage: 'configure', reason: 'silent for 2 h' },
    });
  });

  it('puts the work area of a task that filled its own on disk, and charges nobody', () => {
    expect(judge('work-full')).toMatchObject({ kind: 'retry', record: { charged: 0, onDisk: true } });
  });

  it('keeps what it has learnt of a task through troubles of another kind', () => {
    const first = judge('out-of-memory', {}, { jobs: 4 });
    expect(judge('sandbox', first.record)).toMatchObject({
      record: { aloneJobs: 2, onDisk: true, memory: 1 },
    });
  });

  it('makes a task that was ended to save the disk wait longer each time, uncharged', () => {
    const first = noteEviction(undefined, defaultLimits);
    const second = noteEviction(first.record, defaultLimits);
    expect([first.pauseMs, second.pauseMs]).toEqual([5_000, 10_000]);
    expect(second.record).toEqual({ ...fresh, evictions: 2 });
  });
});

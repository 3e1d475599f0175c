import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../../src/core/facts/fact.ts';
import { evictionPauseMs, foldAttempts, judgeRecord } from '../../../src/core/failure/judge.ts';
import type { Trouble } from '../../../src/core/failure/trouble.ts';
import { hostId } from '../../../src/core/ids.ts';
import { defaultLimits } from '../../../src/core/limits.ts';
import { makeLife, tokenOf } from '../lives.ts';
import { makeAttempt } from '../samples.ts';

interface Tried {
  readonly trouble: Trouble;
  readonly jobs?: number;
  readonly alone?: boolean;
  readonly hostSuspect?: boolean;
  readonly stage?: string;
  readonly detail?: string;
  readonly host?: string;
}

const coordinator = makeLife('h0');

/** Attempts at one task that one coordinator granted, the first one first. */
const tryOften = (tries: readonly Tried[]): readonly Attempt[] =>
  tries.map(({ jobs = 8, host = 'h1', ...outcome }, index) => {
    const token = tokenOf(coordinator, index + 1);
    return makeAttempt('a', outcome, { origin: makeLife(host), token, seq: index + 1, jobs });
  });

const fold = (...tries: readonly Tried[]) => foldAttempts(tryOften(tries));
const judge = (...tries: readonly Tried[]) => judgeRecord(fold(...tries), defaultLimits);

const repeat = (count: number, tried: Tried): readonly Tried[] => Array.from({ length: count }, () => tried);

const anyTries = fc.array(
  fc.record({
    trouble: fc.constantFrom<Trouble>(
      'sandbox',
      'network',
      'missing-dependency',
      'out-of-memory',
      'work-full',
      'timeout',
    ),
    jobs: fc.integer({ min: 1, max: 8 }),
    alone: fc.boolean(),
    hostSuspect: fc.boolean(),
    host: fc.constantFrom('h1', 'h2', 'h3'),
  }),
  { maxLength: 10 },
);

describe('foldAttempts', () => {
  it('learns the same from the same attempts, in whatever order they come', () => {
    fc.assert(
      fc.property(anyTries, fc.infiniteStream(fc.nat()), (tries, numbers) => {
        const attempts = tryOften(tries);
        const shuffled = attempts
          .map((attempt) => ({ attempt, key: numbers.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ attempt }) => attempt);
        expect(foldAttempts(shuffled)).toEqual(foldAttempts(attempts));
      }),
    );
  });

  it('never forgives: with each attempt more a task that has had its tries has had them still', () => {
    fc.assert(
      fc.property(anyTries, (tries) => {
        const verdicts = tries.map((_, index) => judge(...tries.slice(0, index + 1)).kind);
        const first = verdicts.indexOf('giveUp');
        if (first >= 0) expect(verdicts.slice(first)).not.toContain('retry');
        if (tries.length >= defaultLimits.troublesMax) expect(verdicts.at(-1)).toBe('giveUp');
      }),
    );
  });

  it('names the hosts that another may be better than, once each', () => {
    const record = fold(
      { trouble: 'sandbox', host: 'h3' },
      { trouble: 'missing-dependency', host: 'h1' },
      { trouble: 'network', host: 'h3' },
      { trouble: 'work-full', host: 'h2' },
    );
    expect(record.hosts).toEqual([hostId('h1'), hostId('h3')]);
  });

  it('keeps what it has learnt of a task through troubles of another kind', () => {
    const record = fold({ trouble: 'out-of-memory', jobs: 4 }, { trouble: 'sandbox' });
    expect(record).toMatchObject({ aloneJobs: 2, onDisk: true, memory: 1, charged: 1, total: 2 });
  });

  it('leaves the fewest jobs, where several hosts ran out of memory', () => {
    const record = fold({ trouble: 'out-of-memory', jobs: 2 }, { trouble: 'out-of-memory', jobs: 8 });
    expect(record.aloneJobs).toBe(1);
  });
});

describe('judgeRecord', () => {
  it('tries a task again at once when only its sandbox broke', () => {
    expect(judge({ trouble: 'sandbox' })).toEqual({ kind: 'retry', pauseMs: undefined });
  });

  it('waits longer each time for what may come right with time', () => {
    const missing: Tried = { trouble: 'missing-dependency' };
    expect(judge(missing)).toEqual({ kind: 'retry', pauseMs: 5_000 });
    expect(judge(missing, missing)).toEqual({ kind: 'retry', pauseMs: 10_000 });
  });

  it('gives a task up after three attempts, in the words of the last one', () => {
    const tries = ['h1', 'h2', 'h3'].map(
      (host): Tried => ({ trouble: 'sandbox', host, detail: `no room on ${host}` }),
    );
    expect(judge(...tries)).toEqual({
      kind: 'giveUp',
      failure: {
        kind: 'failed',
        class: 'infra',
        stage: 'sandbox',
        reason: 'no attempt of 3 on 3 hosts came to an end: no room on h3',
      },
    });
  });

  it('charges a task with nothing while the host is the suspect, but not for ever', () => {
    const held: Tried = { trouble: 'sandbox', hostSuspect: true };
    expect(judge(...repeat(2, { trouble: 'sandbox' }), held).kind).toBe('retry');
    expect(judge(...repeat(7, held)).kind).toBe('retry');
    expect(judge(...repeat(8, held))).toMatchObject({ kind: 'giveUp', failure: { class: 'infra' } });
  });

  it('gives a task that ran out of memory the host for itself, with half the jobs, and a third try with a quarter', () => {
    const tries: readonly Tried[] = [
      { trouble: 'out-of-memory', jobs: 8 },
      { trouble: 'out-of-memory', jobs: 4, alone: true },
      { trouble: 'out-of-memory', jobs: 2, alone: true, detail: '9 GiB of 8' },
    ];
    const records = [1, 2].map((count) => fold(...tries.slice(0, count)));
    expect(records).toMatchObject([
      { aloneJobs: 4, onDisk: true },
      { aloneJobs: 2, onDisk: true },
    ]);
    for (const record of records) {
      expect(judgeRecord(record, defaultLimits)).toEqual({ kind: 'retry', pauseMs: undefined });
    }
    expect(judge(...tries)).toMatchObject({
      kind: 'giveUp',
      failure: {
        class: 'package',
        stage: 'memory',
        reason: 'out of memory in 3 attempts, the last one alone with 2 jobs: 9 GiB of 8',
      },
    });
  });

  it('fails a task that runs out of memory alone with one job, and never for one that was not alone yet', () => {
    const first: Tried = { trouble: 'out-of-memory', jobs: 1 };
    expect(fold(first).aloneJobs).toBe(1);
    expect(judge(first, { ...first, alone: true })).toMatchObject({
      failure: { class: 'package', stage: 'memory' },
    });
    expect(judge(first, first).kind).toBe('retry');
  });

  it('tries a task that a watchdog ended once more, then fails it in the words of who ended it', () => {
    const early: Tried = { trouble: 'timeout', stage: 'build' };
    expect(judge(early)).toEqual({ kind: 'retry', pauseMs: undefined });
    const late: Tried = { trouble: 'timeout', stage: 'configure', detail: 'silent for 2 h' };
    expect(judge(early, late, { trouble: 'sandbox' })).toEqual({
      kind: 'giveUp',
      failure: { kind: 'failed', class: 'timeout', stage: 'configure', reason: 'silent for 2 h' },
    });
  });

  it('puts the work area of a task that filled its own on disk, and charges nobody', () => {
    expect(fold({ trouble: 'work-full' })).toMatchObject({ charged: 0, onDisk: true });
    expect(judge({ trouble: 'work-full' })).toEqual({ kind: 'retry', pauseMs: undefined });
  });
});

describe('evictionPauseMs', () => {
  it('makes a task that was ended to save the disk wait longer each time', () => {
    expect([1, 2].map((count) => evictionPauseMs(count, defaultLimits))).toEqual([5_000, 10_000]);
  });
});

import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Backlog, createBacklog } from '../../agent/backlog.ts';
import type { Entry } from '../../src/core/facts/fact.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { openStore } from '../../src/store/open.ts';
import { farLife, makeAttempt, makeFact } from '../store/makeFact.ts';
import { useScratch } from '../store/scratch.ts';

/** Nothing is told of how long packages take. */
const director = { describeHistory: () => [] };

describe('entries of other hosts', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const scratch = useScratch();

  /** `refuse`: says of a group why it cannot be stored now. */
  const make = (refuse: (entries: readonly Entry[]) => string | undefined = () => undefined) => {
    const commits: number[] = [];
    const kept: Entry[] = [];
    const store = {
      together: <T>(body: () => T): T => body(),
      addHistory: () => undefined,
      addEntries: (entries: readonly Entry[]) => {
        const code = refuse(entries);
        if (code !== undefined) throw new BulkmeshError(code, 'as the test wants');
        commits.push(entries.length);
        kept.push(...entries);
      },
    };
    const backlog: Backlog = createBacklog({ store, director, log: pino({ enabled: false }) });
    return { backlog, commits, kept };
  };
  const many = (count: number, from = 1) =>
    Array.from({ length: count }, (_, index) => makeFact(farLife, from + index));

  it('are stored together a second after the first one came, or as soon as there are many', () => {
    const { backlog, commits } = make();
    backlog.keep(many(2));
    vi.advanceTimersByTime(600);
    backlog.keep(many(3, 3));
    expect(commits).toEqual([]);
    vi.advanceTimersByTime(400);
    expect(commits).toEqual([5]);
    backlog.keep(many(255, 6));
    expect(commits).toEqual([5]);
    backlog.keep(many(1, 261));
    expect(commits).toEqual([5, 256]);
    vi.advanceTimersByTime(5_000);
    expect(commits).toEqual([5, 256]);
  });

  it('that still wait are stored at once for whoever is about to read them, and once', () => {
    const { backlog, commits } = make();
    backlog.keep(many(2));
    backlog.flush();
    expect(commits).toEqual([2]);
    vi.advanceTimersByTime(5_000);
    expect(commits).toEqual([2]);
  });

  it('that still wait are stored when the agent ends, and what comes after that is left to their makers', () => {
    const { backlog, commits } = make();
    backlog.keep(many(2));
    backlog.close();
    backlog.keep(many(1, 3));
    vi.advanceTimersByTime(5_000);
    expect(commits).toEqual([2]);
  });

  it('wait for room on a full disk, the newest of very many', () => {
    let isFull = true;
    const { backlog, commits, kept } = make(() => (isFull ? 'STORE_DISK_FULL' : undefined));
    backlog.keep(many(26_000));
    vi.advanceTimersByTime(3_000);
    expect(commits).toEqual([]);
    isFull = false;
    vi.advanceTimersByTime(1_000);
    expect(commits).toEqual([25_600]);
    expect(kept.at(-1)?.seq).toBe(26_000);
  });

  it('that contradict what is known are left out, and only they', () => {
    const store = openStore(scratch());
    const backlog = createBacklog({ store, director, log: pino({ enabled: false }) });
    store.addEntries([makeFact(farLife, 1)]);
    backlog.keep([makeAttempt(farLife, 1), makeAttempt(farLife, 2)]);
    backlog.close();
    expect(store.entriesOf(makeFact(farLife, 1).planId)).toEqual([
      makeFact(farLife, 1),
      makeAttempt(farLife, 2),
    ]);
    store.close();
  });
});

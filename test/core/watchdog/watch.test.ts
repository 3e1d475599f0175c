import { describe, expect, it } from 'vitest';
import {
  findWatchLimits,
  stretchOf,
  type WatchGround,
  type WatchTable,
} from '../../../src/core/watchdog/table.ts';
import {
  type Activity,
  observe,
  startWatch,
  type WatchStart,
  type WatchVerdict,
  wantsActivity,
} from '../../../src/core/watchdog/watch.ts';

const MIB = 1 << 20;
const HOUR = 3_600_000;
const table: WatchTable = {
  silenceMs: { build: HOUR, fetch: 480_000 },
  totalMs: 24 * HOUR,
  learned: { factor: 4, floorMs: HOUR / 2 },
  flood: { bytesPerSecond: 5 * MIB, forMs: 60_000 },
  repeatsMax: 100_000,
};
const ground: WatchGround = { stretch: 1, slowestMs: 0, jobsRatio: 1 };

interface Life {
  readonly stage?: string;
  readonly table?: Partial<WatchTable>;
  readonly ground?: Partial<WatchGround>;
  readonly start?: Partial<WatchStart>;
  /** Bytes in the log after so many seconds. */
  readonly log?: (second: number) => number;
  readonly activity?: (second: number) => Activity | 'unknown';
  readonly repeats?: (second: number) => number;
  /** Clock of the host by second: one that stands still for a while. */
  readonly clockMs?: (second: number) => number;
}

/** Looks at a command once a second until a rule is broken, for two days at most. */
function live(life: Life): { readonly verdict: WatchVerdict | undefined; readonly second: number } {
  const limits = findWatchLimits({ ...table, ...life.table }, life.stage ?? 'build', {
    ...ground,
    ...life.ground,
  });
  const { clockMs = (second) => second * 1000 } = life;
  const start = { nowMs: clockMs(0), logBytes: 0, spentMs: 0, isTransfer: false, commandMs: undefined };
  const watch = startWatch({ ...start, ...life.start });
  for (let second = 1; second < 48 * 3600; second += 1) {
    const verdict = observe(
      watch,
      {
        nowMs: clockMs(second),
        logBytes: life.log?.(second) ?? 0,
        repeatedLines: life.repeats?.(second) ?? 0,
        activity: wantsActivity(watch, clockMs(second), limits)
          ? (life.activity?.(second) ?? idle)
          : undefined,
      },
      limits,
    );
    if (verdict !== undefined) return { verdict, second };
  }
  return { verdict: undefined, second: Number.POSITIVE_INFINITY };
}

const idle: Activity = { cpuMs: 500, writtenBytes: 0 };
const busy = (second: number): Activity => ({ cpuMs: second * 900, writtenBytes: 0 });

describe('silence', () => {
  it('ends a command that prints nothing and does nothing for as long as its stage may', () => {
    const { verdict, second } = live({});
    expect(verdict).toEqual({ rule: 'silence', words: 'silent and idle for 3600 s (limit 3600 s)' });
    expect(second).toBe(3600);
  });

  it('counts from the last byte that was printed', () => {
    const { verdict, second } = live({ log: (at) => Math.min(at, 2000) });
    expect(verdict?.rule).toBe('silence');
    expect(second).toBeGreaterThanOrEqual(5600);
    expect(second).toBeLessThanOrEqual(5610);
  });

  it('gives four times as long to a command that uses CPU time', () => {
    const { verdict, second } = live({ activity: busy });
    expect(second).toBe(4 * 3600);
    expect(verdict?.words).toBe('silent for 14400 s, though not idle (limit 4 times 3600 s)');
  });

  it('counts idleness from the end of the work', () => {
    const { second } = live({ activity: (at) => busy(Math.min(at, 5000)) });
    expect(second).toBeGreaterThanOrEqual(8600);
    expect(second).toBeLessThanOrEqual(8620);
  });

  it('kills nobody by a first look at its processes, which tells nothing of what they do', () => {
    const { second } = live({ table: { silenceMs: { build: 900 } } });
    expect(second).toBe(2);
  });

  it('takes a trickle of CPU time, as of one who polls, for idleness', () => {
    expect(live({ activity: (at) => ({ cpuMs: at * 5, writtenBytes: 0 }) }).second).toBe(3600);
  });

  it('takes a copy that needs hardly any CPU time for work', () => {
    expect(live({ activity: (at) => ({ cpuMs: 0, writtenBytes: at * MIB }) }).second).toBe(4 * 3600);
  });

  it('goes by output alone where the host does not tell what processes do', () => {
    expect(live({ activity: () => 'unknown' }).second).toBe(3600);
  });

  it('is endless in a stage that has no limit', () => {
    expect(live({ stage: 'save' }).verdict?.rule).toBe('total');
  });

  it('does not count time for which the agent itself stood still', () => {
    const { second } = live({ clockMs: (at) => at * 1000 + (at > 100 ? 20 * HOUR : 0) });
    expect(second).toBeGreaterThan(3580);
  });

  it('takes bytes that arrive for output while files are fetched, up to the limit of the try', () => {
    const start = { isTransfer: true, commandMs: 2 * HOUR };
    const arriving = (at: number): Activity => ({ cpuMs: 0, writtenBytes: at * 1000 });
    const stopped = live({ stage: 'fetch', start, activity: (at) => arriving(Math.min(at, 1000)) });
    expect(stopped.verdict?.rule).toBe('silence');
    expect(stopped.second).toBeLessThan(1560);
    const slow = live({ stage: 'fetch', start, activity: arriving });
    expect(slow.verdict?.words).toBe('took 7200 s (limit 7200 s for one try)');
  });

  it('gives a fetch four times as long where nobody tells how many bytes arrive', () => {
    const activity = (): Activity => ({ cpuMs: 0, writtenBytes: undefined });
    expect(live({ stage: 'fetch', start: { isTransfer: true }, activity }).second).toBe(4 * 480);
  });
});

describe('total time', () => {
  const talk = (at: number): number => at * 10;

  it('ends a package that talks for ever, what its earlier commands took included', () => {
    const { verdict, second } = live({ log: talk, start: { spentMs: 20 * HOUR } });
    expect(second).toBe(4 * 3600);
    expect(verdict).toEqual({ rule: 'total', words: 'the package took 86400 s (limit 86400 s)' });
  });

  it('learns from the slowest success, with a floor, and more where there are fewer jobs', () => {
    expect(live({ log: talk, ground: { slowestMs: HOUR } }).second).toBe(4 * 3600);
    expect(live({ log: talk, ground: { slowestMs: HOUR, jobsRatio: 2 } }).second).toBe(8 * 3600);
    const { verdict, second } = live({ log: talk, ground: { slowestMs: 1000 } });
    expect(second).toBe(1800);
    expect(verdict?.words).toBe('the package took 1800 s (limit 1800 s, by the slowest of its last builds)');
  });

  it('is stretched on a host that is slow or loaded, and says so', () => {
    const { verdict, second } = live({ ground: { stretch: 1.5 } });
    expect(second).toBe(5400);
    expect(verdict?.words).toContain('(limit 5400 s, which is 3600 s stretched 1.5 times)');
  });

  it('is never shorter for a fast host, nor endless on a slow one', () => {
    expect(stretchOf(0.2, 0.1)).toBe(1);
    expect(stretchOf(2, 3)).toBe(6);
    expect(stretchOf(100, 100)).toBe(16);
    expect(stretchOf(Number.NaN, 2)).toBe(1);
  });
});

describe('too much output', () => {
  it('ends a command that prints more than its share for a whole minute', () => {
    const { verdict, second } = live({ log: (at) => at * 6 * MIB });
    expect(second).toBe(60);
    expect(verdict).toEqual({ rule: 'flood', words: 'printed 360 MiB in 60 s (limit 5 MiB a second)' });
  });

  it('lets a burst pass', () => {
    const burst = (at: number): number => Math.min(at, 20) * 10 * MIB + at;
    expect(live({ log: burst, table: { totalMs: HOUR } }).verdict?.rule).toBe('total');
  });

  it('ends a command that prints the same line again and again', () => {
    const { verdict } = live({ log: (at) => at * 100, repeats: (at) => at * 1000 });
    expect(verdict).toEqual({
      rule: 'repeats',
      words: 'printed the same line 101000 times in a row (limit 100000)',
    });
  });

  it('survives a log that its writer cuts short', () => {
    const log = (at: number): number => (at % 2 === 0 ? 1000 : 0);
    expect(live({ log, table: { totalMs: HOUR } }).verdict?.rule).toBe('total');
  });
});

it('has no rule where all are switched off', () => {
  const off = {
    silenceMs: {},
    totalMs: undefined,
    learned: undefined,
    flood: undefined,
    repeatsMax: undefined,
  };
  const life = { table: off, ground: { slowestMs: 1 }, log: (at: number) => at * 1000 * MIB };
  expect(live({ ...life, repeats: () => 1e9 }).verdict).toBeUndefined();
});

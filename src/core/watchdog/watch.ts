import type { FloodLimit, WatchLimits } from './table.ts';
import { describeFlood, describeLength, describeRepeats, describeSilence, describeTotal } from './words.ts';

/** What the processes of a run have done since they started. */
export interface Activity {
  readonly cpuMs: number;
  /** Bytes written, wherever to; undefined where the host does not tell. */
  readonly writtenBytes: number | undefined;
}

/** One look at a command that runs. */
export interface WatchSample {
  /** Monotonic, milliseconds. */
  readonly nowMs: number;
  /** Length of the log. */
  readonly logBytes: number;
  /** Lines at the end of the log that are equal, as far as is known. */
  readonly repeatedLines: number;
  /** Undefined: nobody looked. `unknown`: this host does not tell. */
  readonly activity?: Activity | 'unknown' | undefined;
}

/** Which rule a command broke, with the figures in words: `silent for 3600 s (limit 3600 s)`. */
export interface WatchVerdict {
  readonly rule: 'silence' | 'total' | 'flood' | 'repeats';
  readonly words: string;
}

/** What is known of a command while it runs. Changed in place by `observe`. */
export interface Watch {
  /** Time that counts: milliseconds since the start. */
  clockMs: number;
  /** What earlier commands of the same attempt took. */
  readonly spentMs: number;
  /** A command that moves data for its living: bytes written count as output. */
  readonly isTransfer: boolean;
  /** Of this command alone; undefined: no limit. */
  readonly commandMs: number | undefined;
  nowMs: number;
  logBytes: number;
  grewAtMs: number;
  busyAtMs: number;
  probe: { readonly atMs: number; readonly activity: Activity | 'unknown' } | undefined;
  /** Bytes printed up to a time, over the last window of the flood rule. */
  prints: { readonly atMs: number; readonly bytes: number }[];
  printedBytes: number;
}

export interface WatchStart {
  readonly nowMs: number;
  readonly logBytes: number;
  readonly spentMs: number;
  readonly isTransfer: boolean;
  readonly commandMs: number | undefined;
}

export const startWatch = ({ nowMs, logBytes, spentMs, isTransfer, commandMs }: WatchStart): Watch => ({
  clockMs: 0,
  spentMs,
  isTransfer,
  commandMs,
  nowMs,
  logBytes,
  grewAtMs: 0,
  busyAtMs: 0,
  probe: undefined,
  prints: [{ atMs: 0, bytes: 0 }],
  printedBytes: 0,
});

/** Between two looks no more time than this counts: an agent that stood still knows nothing of its builds. */
const GAP_MS_MAX = 10_000;
/** Silent and busy: a link step, a big file. It may be silent so many times longer than one that does nothing. */
const BUSY_FACTOR = 4;
/** Less of one core than this is no work. */
const BUSY_SHARE = 0.02;
/** As good as work: a copy from a slow disk needs hardly any CPU time. */
const BUSY_BYTES_PER_SECOND = 64 << 10;
/** A transfer that moves less than this has stopped. */
const TRANSFER_BYTES_PER_SECOND = 16;

/**
 * True when the next look, at `nowMs`, is to be one at the processes as well: only who is silent is looked at, seldom,
 * and when a limit of silence would be over.
 */
export const wantsActivity = (watch: Watch, nowMs: number, { silenceMs }: WatchLimits): boolean => {
  if (silenceMs === undefined) return false;
  const clockMs = watch.clockMs + countable(watch, nowMs);
  const lookedAtMs = Math.max(watch.grewAtMs, watch.probe?.atMs ?? 0);
  if (clockMs - lookedAtMs >= Math.min(30_000, silenceMs / 8)) return true;
  const idleMs = clockMs - Math.max(watch.grewAtMs, watch.busyAtMs);
  return idleMs >= silenceMs || clockMs - watch.grewAtMs >= BUSY_FACTOR * silenceMs;
};

const countable = (watch: Watch, nowMs: number): number =>
  Math.min(GAP_MS_MAX, Math.max(0, nowMs - watch.nowMs));

/** Takes a look in; returns the rule that is broken now, if any. */
export const observe = (watch: Watch, sample: WatchSample, limits: WatchLimits): WatchVerdict | undefined => {
  watch.clockMs += countable(watch, sample.nowMs);
  watch.nowMs = sample.nowMs;
  notePrint(watch, sample.logBytes, limits.flood);
  // A first look tells nothing yet of what goes on.
  const isCompared = watch.probe !== undefined || sample.activity === 'unknown';
  if (sample.activity !== undefined) noteActivity(watch, sample.activity);
  return (
    judgeFlood(watch, limits.flood) ??
    judgeLength(watch, limits) ??
    judgeRepeats(sample.repeatedLines, limits) ??
    judgeTotal(watch, limits) ??
    (isCompared ? judgeSilence(watch, sample, limits) : undefined)
  );
};

const notePrint = (watch: Watch, logBytes: number, flood: FloodLimit | undefined): void => {
  // A log that was cut short by its writer has changed as well.
  if (logBytes !== watch.logBytes) watch.grewAtMs = watch.clockMs;
  watch.printedBytes += Math.max(0, logBytes - watch.logBytes);
  watch.logBytes = logBytes;
  if (flood === undefined) return;
  watch.prints.push({ atMs: watch.clockMs, bytes: watch.printedBytes });
  // The first one stays as old as the window, or a little older.
  while ((watch.prints[1]?.atMs ?? Number.POSITIVE_INFINITY) <= watch.clockMs - flood.forMs) {
    watch.prints.shift();
  }
};

const noteActivity = (watch: Watch, activity: Activity | 'unknown'): void => {
  const before = watch.probe;
  watch.probe = { atMs: watch.clockMs, activity };
  if (before === undefined || before.activity === 'unknown' || activity === 'unknown') return;
  // Output between the two looks would say enough.
  const passedMs = watch.clockMs - before.atMs;
  if (passedMs <= 0) return;
  const cpuShare = (activity.cpuMs - before.activity.cpuMs) / passedMs;
  const written = (activity.writtenBytes ?? 0) - (before.activity.writtenBytes ?? 0);
  const bytesPerSecond = (written * 1000) / passedMs;
  if (cpuShare >= BUSY_SHARE || bytesPerSecond >= BUSY_BYTES_PER_SECOND) watch.busyAtMs = watch.clockMs;
  if (watch.isTransfer && bytesPerSecond >= TRANSFER_BYTES_PER_SECOND) watch.grewAtMs = watch.clockMs;
};

const judgeFlood = (watch: Watch, flood: FloodLimit | undefined): WatchVerdict | undefined => {
  const [first] = watch.prints;
  if (flood === undefined || first === undefined) return undefined;
  const overMs = watch.clockMs - first.atMs;
  const bytes = watch.printedBytes - first.bytes;
  if (overMs < flood.forMs || bytes * 1000 <= flood.bytesPerSecond * overMs) return undefined;
  return { rule: 'flood', words: describeFlood(bytes, overMs, flood) };
};

const judgeLength = ({ logBytes }: Watch, { logBytesMax }: WatchLimits): WatchVerdict | undefined =>
  logBytesMax === undefined || logBytes <= logBytesMax
    ? undefined
    : { rule: 'flood', words: describeLength(logBytes, logBytesMax) };

const judgeRepeats = (repeated: number, { repeatsMax }: WatchLimits): WatchVerdict | undefined =>
  repeatsMax === undefined || repeated <= repeatsMax
    ? undefined
    : { rule: 'repeats', words: describeRepeats(repeated, repeatsMax) };

const judgeTotal = (watch: Watch, limits: WatchLimits): WatchVerdict | undefined => {
  const { clockMs, spentMs, commandMs } = watch;
  if (commandMs !== undefined && clockMs >= commandMs * limits.stretch) {
    const limit = { limitMs: commandMs * limits.stretch, stretch: limits.stretch };
    return { rule: 'total', words: describeTotal(clockMs, { ...limit, of: 'command' }) };
  }
  const tookMs = spentMs + clockMs;
  if (limits.totalMs === undefined || tookMs < limits.totalMs) return undefined;
  const limit = { limitMs: limits.totalMs, stretch: limits.stretch };
  return {
    rule: 'total',
    words: describeTotal(tookMs, { ...limit, of: limits.isLearned ? 'history' : 'package' }),
  };
};

/** Judged only after a look at the processes, so that no busy one is taken for idle. */
const judgeSilence = (
  watch: Watch,
  { activity }: WatchSample,
  { silenceMs, stretch }: WatchLimits,
): WatchVerdict | undefined => {
  if (silenceMs === undefined || activity === undefined) return undefined;
  const silentMs = watch.clockMs - watch.grewAtMs;
  const idleMs = Math.min(silentMs, watch.clockMs - watch.busyAtMs);
  // Without figures a transfer that goes on cannot be told from one that stands still.
  const isBlind = watch.isTransfer && (activity === 'unknown' || activity.writtenBytes === undefined);
  if (!isBlind && idleMs >= silenceMs) {
    return { rule: 'silence', words: describeSilence(silentMs, { limitMs: silenceMs, stretch, busy: 1 }) };
  }
  if (silentMs < BUSY_FACTOR * silenceMs) return undefined;
  return {
    rule: 'silence',
    words: describeSilence(silentMs, { limitMs: silenceMs, stretch, busy: BUSY_FACTOR }),
  };
};

/** How long a task may be silent or take, and how much it may print: as configured, before the host stretches it. */
export interface WatchTable {
  /** Milliseconds without output, by stage. A stage that is not listed may be silent for ever. */
  readonly silenceMs: Readonly<Record<string, number>>;
  /** Milliseconds for all commands of an attempt together; undefined: no limit. */
  readonly totalMs: number | undefined;
  /** The same by what the task took before; undefined: nothing is learned. */
  readonly learned: { readonly factor: number; readonly floorMs: number } | undefined;
  readonly flood: FloodLimit | undefined;
  /** Equal lines in a row; undefined: any number. */
  readonly repeatsMax: number | undefined;
}

/** More than `bytesPerSecond`, on the average of `forMs`, is a flood. */
export interface FloodLimit {
  readonly bytesPerSecond: number;
  readonly forMs: number;
}

/** What of the host and of the past counts for the limits of one run. */
export interface WatchGround {
  /** How much slower than expected things go now, from `stretchOf`, times what the user says of the package. */
  readonly stretch: number;
  /** The slowest success of late, milliseconds; 0 when there is none. */
  readonly slowestMs: number;
  /** How many times fewer jobs the run has than that success had; at least 1. */
  readonly jobsRatio: number;
}

/** The limits of one stage of one run, stretched. Undefined: none. */
export interface WatchLimits {
  readonly silenceMs: number | undefined;
  readonly totalMs: number | undefined;
  /** True when `totalMs` comes from the history of the task. */
  readonly isLearned: boolean;
  readonly stretch: number;
  readonly flood: FloodLimit | undefined;
  readonly repeatsMax: number | undefined;
  /** Length of the log, where the room that it takes cannot be given back while it grows. */
  readonly logBytesMax: number | undefined;
}

/** A host that is slower than this by its load alone will not get a build to its end. */
const STRETCH_MAX = 16;

/**
 * By how much times are stretched: `pace` is actual over expected time of what was built so far, `load` is running
 * processes per core. What is known to be fast gets no less than its time, so never below 1; at most 16.
 */
export const stretchOf = (pace: number, load: number): number => {
  const stretch = Math.max(1, pace) * Math.max(1, load);
  return Number.isFinite(stretch) ? Math.min(STRETCH_MAX, stretch) : 1;
};

/** What holds for one stage of one run. */
export const findWatchLimits = (table: WatchTable, stage: string, ground: WatchGround): WatchLimits => {
  const { stretch } = ground;
  const silenceMs = Object.hasOwn(table.silenceMs, stage) ? table.silenceMs[stage] : undefined;
  const learnedMs = findLearned(table, ground);
  const fixedMs = table.totalMs ?? Number.POSITIVE_INFINITY;
  const totalMs = Math.min(fixedMs, learnedMs) * stretch;
  return {
    silenceMs: silenceMs === undefined ? undefined : silenceMs * stretch,
    totalMs: Number.isFinite(totalMs) ? totalMs : undefined,
    isLearned: learnedMs < fixedMs,
    stretch,
    flood: table.flood,
    repeatsMax: table.repeatsMax,
    logBytesMax: undefined,
  };
};

const findLearned = ({ learned }: WatchTable, { slowestMs, jobsRatio }: WatchGround): number =>
  learned === undefined || slowestMs <= 0
    ? Number.POSITIVE_INFINITY
    : Math.max(learned.floorMs, learned.factor * slowestMs * Math.max(1, jobsRatio));

import type { FloodLimit } from './table.ts';

/** A limit as it holds, stretch included. */
interface Limit {
  readonly limitMs: number;
  readonly stretch: number;
}

/** `busy`: how many times the limit one may be silent who uses CPU time; 1 for one who does not. */
export const describeSilence = (silentMs: number, limit: Limit & { readonly busy: number }): string => {
  const { limitMs, stretch, busy } = limit;
  if (busy === 1) return `silent and idle for ${seconds(silentMs)} (limit ${withStretch(limitMs, stretch)})`;
  return `silent for ${seconds(silentMs)}, though not idle (limit ${busy} times ${withStretch(limitMs, stretch)})`;
};

/** `of`: whose limit it is; `history`: that of a package that never took near as long. */
export const describeTotal = (
  tookMs: number,
  { limitMs, stretch, of }: Limit & { readonly of: 'command' | 'package' | 'history' },
): string => {
  const limit = withStretch(limitMs, stretch);
  switch (of) {
    case 'command':
      return `took ${seconds(tookMs)} (limit ${limit} for one try)`;
    case 'package':
      return `the package took ${seconds(tookMs)} (limit ${limit})`;
    case 'history':
      return `the package took ${seconds(tookMs)} (limit ${limit}, by the slowest of its last builds)`;
  }
};

export const describeFlood = (bytes: number, overMs: number, { bytesPerSecond }: FloodLimit): string =>
  `printed ${mebibytes(bytes)} in ${seconds(overMs)} (limit ${mebibytes(bytesPerSecond)} a second)`;

export const describeLength = (logBytes: number, logBytesMax: number): string =>
  `printed ${mebibytes(logBytes)} into a log whose room cannot be given back here (limit ${mebibytes(logBytesMax)})`;

export const describeRepeats = (repeated: number, repeatsMax: number): string =>
  `printed the same line ${repeated} times in a row (limit ${repeatsMax})`;

const withStretch = (limitMs: number, stretch: number): string =>
  Math.abs(stretch - 1) < 0.05
    ? seconds(limitMs)
    : `${seconds(limitMs)}, which is ${seconds(limitMs / stretch)} stretched ${stretch.toFixed(1)} times`;

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

const mebibytes = (bytes: number): string => {
  const size = bytes / (1 << 20);
  return `${size < 10 ? Number(size.toFixed(1)) : Math.round(size)} MiB`;
};

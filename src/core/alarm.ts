/** The earliest of several moments that are still to come. */
export interface Alarm {
  readonly nowMs: number;
  /** Infinite: there is none. */
  atMs: number;
}

export const createAlarm = (nowMs: number): Alarm => ({ nowMs, atMs: Number.POSITIVE_INFINITY });

/** Takes one more moment into account; one that is over, or undefined, counts nothing. */
export const consider = (alarm: Alarm, atMs: number | undefined): void => {
  if (atMs !== undefined && atMs > alarm.nowMs && atMs < alarm.atMs) alarm.atMs = atMs;
};

export const considerAll = (alarm: Alarm, moments: readonly number[]): void => {
  for (const atMs of moments) consider(alarm, atMs);
};

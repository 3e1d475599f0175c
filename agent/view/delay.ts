import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How late the timers of this process are. */
export interface DelayWatch {
  /** Of the last minute or two, milliseconds. */
  p99Ms(): number;
  /** Of the last minute or two at its worst, milliseconds. */
  maxMs(): number;
  close(): void;
}

/** How often the clock is looked at, milliseconds: the part of each delay that is no delay. */
const resolutionMs = 20;
const windowMs = 60_000;

/** Watches from now on. */
export const watchDelay = (): DelayWatch => {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  let last = { p99Ms: 0, maxMs: 0 };
  const read = (): typeof last => ({
    p99Ms: toDelay(histogram.percentile(99)),
    maxMs: toDelay(histogram.max),
  });
  const timer = setInterval(() => {
    last = read();
    histogram.reset();
  }, windowMs).unref();
  return {
    p99Ms: () => Math.max(last.p99Ms, read().p99Ms),
    maxMs: () => Math.max(last.maxMs, read().maxMs),
    close: () => {
      clearInterval(timer);
      histogram.disable();
    },
  };
};

/** From nanoseconds between two looks; a histogram without any says nonsense. */
const toDelay = (nanoseconds: number): number => {
  const delayMs = nanoseconds / 1e6 - resolutionMs;
  return Number.isFinite(delayMs) && delayMs < 1e9 ? Math.max(0, Math.round(delayMs * 10) / 10) : 0;
};

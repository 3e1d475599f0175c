import { z } from 'zod';

const ms = z.number().min(0);

/** What of a `report.json` says where the time of a build went. */
const reportSchema = z.object({
  counts: z.object({ done: z.number(), kept: z.number(), failed: z.number(), timedOut: z.number() }).loose(),
  build: z.object({ slots: z.number() }).loose(),
  time: z
    .object({
      ...{ makespanMs: ms, workMs: ms, longestPathMs: ms, lowerBoundMs: ms },
      bound: z.enum(['path', 'work']),
      slotSeconds: z.object({ busy: ms, sandbox: ms, starved: ms, stopped: ms }),
    })
    .loose(),
});

/** Where the time of a build on several hosts went, in seconds and slot-seconds. */
export interface BuildTime {
  readonly ended: number;
  /** Of all hosts that built something. */
  readonly slotsUsed: number;
  readonly makespanS: number;
  readonly boundS: number;
  readonly bound: 'path' | 'work';
  readonly timesBound: number;
  readonly workS: number;
  readonly busyS: number;
  readonly sandboxS: number;
  readonly starvedS: number;
  readonly stoppedS: number;
}

/** @throws {ZodError} when the text is no report */
export const readBuildTime = (text: string): BuildTime => {
  const { counts, build, time } = reportSchema.parse(JSON.parse(text));
  const { makespanMs, lowerBoundMs, slotSeconds } = time;
  return {
    ended: counts.done - counts.kept + counts.failed + counts.timedOut,
    slotsUsed: build.slots,
    makespanS: makespanMs / 1_000,
    boundS: lowerBoundMs / 1_000,
    bound: time.bound,
    timesBound: lowerBoundMs === 0 ? 1 : makespanMs / lowerBoundMs,
    workS: time.workMs / 1_000,
    ...{ busyS: slotSeconds.busy, sandboxS: slotSeconds.sandbox },
    ...{ starvedS: slotSeconds.starved, stoppedS: slotSeconds.stopped },
  };
};

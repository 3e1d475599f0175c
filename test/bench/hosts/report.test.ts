import { describe, expect, it } from 'vitest';
import { readBuildTime } from '../../../bench/hosts/report.ts';

const report = {
  schema: 'bulkmesh-report',
  build: { id: 'b', slots: 4 },
  counts: { total: 9, done: 6, kept: 1, failed: 1, timedOut: 1, masked: 1 },
  time: {
    ...{ makespanMs: 6_000, workMs: 12_000, longestPathMs: 2_000, lowerBoundMs: 3_000 },
    ...{ bound: 'work', efficiency: 0.5 },
    slotSeconds: { busy: 12, sandbox: 2, starved: 9, stopped: 1 },
  },
};

describe('what a report says of the time of a build', () => {
  it('counts packages that ran, and sets the makespan beside what no order undercuts', () => {
    expect(readBuildTime(JSON.stringify({ ...report, packages: [] }))).toMatchObject({
      ended: 7,
      slotsUsed: 4,
      makespanS: 6,
      boundS: 3,
      timesBound: 2,
      starvedS: 9,
    });
  });

  it('takes no figures from something that is no report', () => {
    expect(() => readBuildTime('{"time":{}}')).toThrow();
  });
});

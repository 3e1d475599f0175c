import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseJobs, expectTime, findNeed, stretchBy } from '../../../src/core/dispatch/jobs.ts';
import { taskName } from '../../../src/core/ids.ts';
import { defaultLimits } from '../../../src/core/limits.ts';

const alone = { cores: 16, slots: 4, running: [], ready: 0, jobsSafe: true, need: 1 };
/** Runs that nobody waits for. */
const others = (count: number) => Array.from({ length: count }, () => ({ jobs: 4, need: 1 }));
const choose = (question: Parameters<typeof chooseJobs>[1]): number => chooseJobs(defaultLimits, question);

describe('chooseJobs', () => {
  it('gives a task that is alone every core', () => {
    expect(choose(alone)).toBe(16);
  });

  it('gives one job to a package that is not safe with more', () => {
    expect(choose({ ...alone, jobsSafe: false, need: 16 })).toBe(1);
  });

  it('shares twice the cores among what runs and what could, as far as there are slots', () => {
    expect(choose({ ...alone, running: others(3), ready: 0 })).toBe(8);
    expect(choose({ ...alone, slots: 8, running: others(1), ready: 100 })).toBe(4);
    expect(choose({ ...alone, cores: 2, slots: 8, ready: 20, need: 0.5 })).toBe(1);
  });

  it('gives what others leave to what the plan waits for, and few jobs to what runs beside it', () => {
    expect(choose({ ...alone, slots: 8, running: others(3), ready: 9, need: 5 })).toBe(16);
    expect(choose({ ...alone, slots: 8, running: others(6), ready: 9, need: 2.5 })).toBe(8);
    expect(choose({ ...alone, slots: 8, running: [{ jobs: 16, need: 5 }], ready: 9 })).toBe(3);
  });

  it('gives a task at least what it needs', () => {
    expect(choose({ ...alone, slots: 16, running: others(1), ready: 30, need: 2 })).toBe(3);
  });

  it('never gives less than one job or more than there are cores, and never less for a greater need', () => {
    const anyQuestion = fc.record({
      cores: fc.integer({ min: 1, max: 128 }),
      slots: fc.integer({ min: 1, max: 64 }),
      running: fc.array(
        fc.record({
          jobs: fc.integer({ min: 1, max: 128 }),
          need: fc.double({ min: 0.5, max: 128, noNaN: true }),
        }),
        { maxLength: 63 },
      ),
      ready: fc.nat(100),
      jobsSafe: fc.boolean(),
      need: fc.double({ min: 0.5, max: 128, noNaN: true }),
    });
    fc.assert(
      fc.property(anyQuestion, (question) => {
        const jobs = choose(question);
        expect(Number.isInteger(jobs) && jobs >= 1 && jobs <= question.cores).toBe(true);
        expect(jobs).toBeLessThanOrEqual(choose({ ...question, need: question.need + 1 }));
      }),
    );
  });
});

describe('findNeed', () => {
  const of = (pathMs: number, remainingMs: number): number =>
    findNeed(defaultLimits, { pathMs, remainingMs, cores: 16 });

  it('is the whole host for the path that decides when the plan is over', () => {
    expect(of(1000, 1000 * stretchBy(defaultLimits, 16))).toBe(16);
    expect(of(1000, 100)).toBe(16);
  });

  it('is what makes a shorter path just as long as the plan', () => {
    const need = of(1000, 800);
    expect(1000 * stretchBy(defaultLimits, need)).toBeCloseTo(800);
  });

  it('is little where there is much time, and never nothing', () => {
    expect(of(1000, 100_000)).toBe(0.5);
  });
});

describe('expectTime', () => {
  const task = {
    ...{ name: taskName('a'), needs: [], estimateMs: 1000, weight: 100, diskBytes: 0, memoryBytes: 0 },
  };

  it('is shorter with more jobs, but not for what takes only one', () => {
    const time = (jobsSafe: boolean, jobs: number): number =>
      expectTime(defaultLimits, { ...task, jobsSafe }, jobs);
    expect(time(true, 16)).toBeLessThan(time(true, 4));
    expect(time(false, 16)).toBe(1000);
  });
});

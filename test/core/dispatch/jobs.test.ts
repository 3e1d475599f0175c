import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseJobs } from '../../../src/core/dispatch/jobs.ts';

const alone = { cores: 16, slots: 4, running: [], ready: 0, jobsSafe: true, critical: false };

describe('chooseJobs', () => {
  it('gives a task that is alone every core', () => {
    expect(chooseJobs(alone)).toBe(16);
  });

  it('gives one job to a package that is not safe with more', () => {
    expect(chooseJobs({ ...alone, jobsSafe: false, critical: true })).toBe(1);
  });

  it('shares the cores among what runs and what could, as far as there are slots', () => {
    expect(chooseJobs({ ...alone, running: [8], ready: 0 })).toBe(8);
    expect(chooseJobs({ ...alone, running: [4], ready: 100 })).toBe(4);
    expect(chooseJobs({ ...alone, cores: 2, slots: 8, ready: 20 })).toBe(1);
  });

  it('gives a critical task more than its share, and all that the others leave', () => {
    expect(chooseJobs({ ...alone, running: [4, 4], ready: 1, critical: true })).toBe(6);
    expect(chooseJobs({ ...alone, running: [1], ready: 0, critical: true })).toBe(15);
  });

  it('never gives less than one core or more than there are, and a critical task never less than another', () => {
    const anyQuestion = fc.record({
      cores: fc.integer({ min: 1, max: 128 }),
      slots: fc.integer({ min: 1, max: 64 }),
      running: fc.array(fc.integer({ min: 1, max: 128 }), { maxLength: 63 }),
      ready: fc.nat(100),
      jobsSafe: fc.boolean(),
      critical: fc.boolean(),
    });
    fc.assert(
      fc.property(anyQuestion, (question) => {
        const jobs = chooseJobs(question);
        expect(Number.isInteger(jobs) && jobs >= 1 && jobs <= question.cores).toBe(true);
        expect(jobs).toBeLessThanOrEqual(chooseJobs({ ...question, critical: true }));
      }),
    );
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Job } from './mesh/judge.ts';
import { judgeScenario } from './mesh/judge.ts';
import type { Summary } from './mesh/range.ts';
import { listJobs, runJobs } from './mesh/range.ts';
import type { Scenario } from './mesh/scenario.ts';

/** Many runs in few threads: a limit for what hangs, not for what is slow. */
const timeoutMs = 30 * 60_000;
const workers = 2;

const runSeeds = (last: number, job: Partial<Job> = {}): Promise<Summary> =>
  runJobs(listJobs([1, last], { family: 'chaos', off: [], ...job }), workers);

/** What is printed when a run fails: all that is needed to see it again. */
const describeViolations = ({ violations }: Summary): readonly string[] =>
  violations.map(({ seed, violation }) => `seed ${seed}: ${violation.check}: ${violation.what}`);

const corpus = join(import.meta.dirname, 'mesh', 'corpus');

const readScenario = (file: string): Scenario => {
  const scenario: Scenario = JSON.parse(readFileSync(join(corpus, file), 'utf8'));
  return scenario;
};

describe('a simulated mesh', () => {
  it('keeps every promise in 24 worlds of 1 to 7 hosts and 20 faults; 3 of them run twice, with one trace', {
    timeout: timeoutMs,
  }, async () => {
    const sum = await runSeeds(24);
    expect(describeViolations(sum)).toEqual([]);
    expect(sum.seeds).toBe(24);
    expect(sum.faults).toBeGreaterThan(350);
  });

  it('keeps every promise in a world of 20 hosts and 30 faults', { timeout: timeoutMs }, async () => {
    expect(describeViolations(await runSeeds(1, { hosts: 20, faults: 30 }))).toEqual([]);
  });

  it('runs each task once under one coordinator where nothing goes wrong, in 12 worlds', {
    timeout: timeoutMs,
  }, async () => {
    const sum = await runSeeds(12, { family: 'calm' });
    expect(describeViolations(sum)).toEqual([]);
    expect(sum.economy.runs).toBe(sum.economy.tasks);
    expect(sum.economy.leaderships).toBe(sum.seeds);
  });

  it('has a new coordinator within 2 s of the death of the old one, within 8 s of its falling silent', {
    timeout: timeoutMs,
  }, async () => {
    const killed = await runSeeds(6, { family: 'killed' });
    expect(killed.delays.killed).toHaveLength(6);
    expect(Math.max(...killed.delays.killed)).toBeLessThanOrEqual(2_000);
    const silent = await runSeeds(6, { family: 'silent' });
    expect(silent.delays.silent).toHaveLength(6);
    expect(Math.max(...silent.delays.silent)).toBeLessThanOrEqual(8_000);
  });

  it.each([
    ['persistFirst', 'chaos', 'S1'],
    ['stepDown', 'islands', 'S7'],
    ['refuseLowerBallots', 'islands', 'S7'],
    ['freeDead', 'lost', 'L2'],
  ] as const)(
    'is caught by its checks within 3 worlds without the rule %s',
    {
      timeout: timeoutMs,
    },
    async (rule, family, check) => {
      const sum = await runSeeds(3, { family, off: [rule] });
      expect(sum.violations.map(({ violation }) => violation.check)).toContain(check);
    },
  );

  it.each(readdirSync(corpus).filter((file) => file.endsWith('.json')))(
    'does not do again what %s once showed',
    (file) => {
      expect(judgeScenario(readScenario(file)).outcome.violation).toBeUndefined();
    },
  );
});

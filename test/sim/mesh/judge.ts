import type { Rules } from '../../../src/core/rules.ts';
import { createChecks } from './checks/all.ts';
import type { Delays } from './delays.ts';
import { measureDelays } from './delays.ts';
import type { Economy } from './economy.ts';
import { measureEconomy } from './economy.ts';
import type { FamilyName } from './families.ts';
import { drawFamily } from './families.ts';
import { watchRuns } from './running.ts';
import type { Scenario } from './scenario.ts';
import type { Observer, Outcome } from './trace.ts';
import { runScenario } from './world.ts';

/** One run to be done, as a worker is told of it. */
export interface Job {
  readonly seed: number;
  readonly family: FamilyName;
  readonly hosts?: number;
  readonly faults?: number;
  /** Rules that are turned off. */
  readonly off: readonly (keyof Rules)[];
  /** Runs it a second time, and demands the same trace. */
  readonly twice: boolean;
}

/** What came of it. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly economy: Economy;
  readonly delays: Delays;
}

const turnOff = (off: readonly (keyof Rules)[]): Partial<Rules> =>
  Object.fromEntries(off.map((name) => [name, false]));

/** Runs a scenario with all checks and all counts. */
export const judgeScenario = (
  scenario: Scenario,
  off: readonly (keyof Rules)[] = [],
  others: readonly Observer[] = [],
): Verdict => {
  const running = watchRuns();
  const economy = measureEconomy(running);
  const delays = measureDelays(running);
  const counts = [economy.observer, delays.observer, running.observer];
  const observers = [...others, ...counts, ...createChecks()];
  const outcome = runScenario(scenario, observers, { rules: turnOff(off) });
  return { outcome, economy: economy.read(), delays: delays.read() };
};

export const drawJob = ({ seed, family, hosts, faults }: Job): Scenario =>
  drawFamily(family, seed, {
    ...(hosts === undefined ? {} : { hosts }),
    ...(faults === undefined ? {} : { faults }),
  });

export const judgeJob = (job: Job): Verdict => {
  const scenario = drawJob(job);
  const verdict = judgeScenario(scenario, job.off);
  if (!job.twice || verdict.outcome.violation !== undefined) return verdict;
  const again = judgeScenario(drawJob(job), job.off);
  if (again.outcome.hash === verdict.outcome.hash) return verdict;
  const what = `two runs of seed ${job.seed} differ: ${verdict.outcome.hash}, ${again.outcome.hash}`;
  const violation = { check: 'same', place: undefined, atMs: verdict.outcome.virtualMs, what };
  return { ...verdict, outcome: { ...verdict.outcome, violation } };
};

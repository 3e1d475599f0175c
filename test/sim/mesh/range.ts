import { availableParallelism } from 'node:os';
import type { Delays } from './delays.ts';
import { addDelays, createDelays, findPercentile } from './delays.ts';
import type { Economy } from './economy.ts';
import { addEconomies, noEconomy } from './economy.ts';
import type { Job, Verdict } from './judge.ts';
import { runPool } from './pool.ts';
import type { Violation } from './trace.ts';

/** What came of many runs. */
export interface Summary {
  readonly seeds: number;
  readonly events: number;
  readonly faults: number;
  readonly virtualMs: number;
  readonly messages: number;
  readonly bytes: number;
  readonly economy: Economy;
  readonly delays: Delays;
  /** By seed, in the order of seeds. */
  readonly violations: readonly { readonly seed: number; readonly violation: Violation }[];
  /** Of all traces, whatever the order in which they came. */
  readonly hash: number;
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

const createSummary = (): Mutable<Summary> => ({
  ...{ seeds: 0, events: 0, faults: 0, virtualMs: 0, messages: 0, bytes: 0, hash: 0 },
  ...{ economy: noEconomy, delays: createDelays(), violations: [] },
});

const addVerdict = (sum: Mutable<Summary>, { outcome, economy, delays }: Verdict): void => {
  const { seed, violation } = outcome;
  sum.seeds += 1;
  sum.events += outcome.events;
  sum.faults += outcome.faults;
  sum.virtualMs += outcome.virtualMs;
  sum.messages += outcome.messages;
  sum.bytes += outcome.bytes;
  sum.economy = addEconomies(sum.economy, economy);
  addDelays(sum.delays, delays);
  sum.hash = (sum.hash ^ Math.imul(outcome.hash, 2 * seed + 1)) >>> 0;
  if (violation === undefined) return;
  sum.violations = [...sum.violations, { seed, violation }].sort((a, b) => a.seed - b.seed);
};

/** Does the jobs in so many threads. */
export const runJobs = async (
  jobs: Iterable<Job>,
  workers: number,
  onVerdict: (verdict: Verdict, job: Job) => void = () => {},
): Promise<Summary> => {
  const sum = createSummary();
  const threads = Math.min(workers, 4 * availableParallelism());
  await runPool<Job, Verdict>(new URL('./worker.ts', import.meta.url), jobs, threads, (verdict, job) => {
    addVerdict(sum, verdict);
    onVerdict(verdict, job);
  });
  return sum;
};

/** One seed in a hundred is run twice. */
export const listJobs = function* (
  [from, to]: readonly [number, number],
  job: Omit<Job, 'seed' | 'twice'>,
): Generator<Job> {
  for (let seed = from; seed <= to; seed++) yield { ...job, seed, twice: seed % 100 === 7 };
};

/** The sums as they are printed. */
export const describeSummary = (sum: Summary, wallMs: number): Record<string, unknown> => {
  const { economy, delays } = sum;
  const { runs, tasks } = economy;
  return {
    seeds: sum.seeds,
    events: sum.events,
    faults: sum.faults,
    violations: sum.violations.length,
    ...(sum.violations.length > 0 ? { failing: sum.violations.map(({ seed }) => seed) } : {}),
    runs,
    runsPerTask: round(runs / tasks),
    troubledPerTask: round(economy.troubled / tasks),
    duplicateRuns: economy.duplicates,
    duplicateShare: round(economy.duplicates / tasks),
    rebuilds: economy.rebuilds,
    abortedShare: round((economy.cancelled + economy.lost) / runs),
    leaderChanges: economy.leaderships - sum.seeds,
    gifts: economy.gifts,
    idleGiftShare: round(economy.idleGifts / economy.gifts),
    messages: sum.messages,
    megabytes: round(sum.bytes / 1e6),
    failoverKilledMs: describeList(delays.killed),
    failoverSilentMs: describeList(delays.silent),
    offerMs: describeList(delays.offers),
    virtualHours: round(sum.virtualMs / 3_600_000),
    wallSeconds: round(wallMs / 1000),
    hash: sum.hash.toString(16).padStart(8, '0'),
  };
};

export const describeList = (values: readonly number[]): Record<string, number> => ({
  count: values.length,
  p50: Math.round(findPercentile(values, 0.5)),
  p99: Math.round(findPercentile(values, 0.99)),
  max: Math.round(values.reduce((most, value) => Math.max(most, value), 0)),
});

const round = (value: number): number => (Number.isFinite(value) ? Number(value.toFixed(4)) : 0);

import { lowerBoundMs } from './bound.ts';
import { makeCase, type Row } from './cases.ts';
import { type Case, type Result, simulate } from './engine.ts';
import { createListScheduler, type Rule } from './lists.ts';
import { simulateMesh } from './mesh.ts';

/** A column of the table: a way to schedule. */
export interface Contender {
  readonly name: string;
  run(input: Case, seed: number): Result;
}

/** What one contender made of one row. */
export interface Score {
  readonly name: string;
  /** Makespan by the lower bound: the mean of all seeds, and the worst. */
  readonly ratio: number;
  readonly worst: number;
  /** Starts by tasks; moves by tasks. */
  readonly starts: number;
  readonly moves: number;
}

export interface Line {
  readonly workload: string;
  readonly model: string;
  readonly hosts: number;
  readonly slots: number;
  readonly turn: string;
  readonly sigma: number;
  readonly seeds: number;
  /** Of the first seed. */
  readonly boundHours: number;
  readonly scores: readonly Score[];
}

const orders = [
  ['fifo', 'fifo', 'load'],
  ['dependents', 'dependents', 'load'],
  ['path', 'path', 'load'],
  ['finish', 'path', 'finish'],
] as const;

/** The list schedulers of the table, each with its queues where they are and with stealing between them. */
export const listRules = (jobs: number): readonly Contender[] =>
  orders.flatMap(([name, order, placement]) =>
    [false, true].map((stealing) =>
      listRule({ name: stealing ? `${name}, stealing` : name, order, placement, stealing, jobs }),
    ),
  );

/** Longest path first, stealing, so many jobs for everything. */
export const fixedJobs = (jobs: number): Contender =>
  listRule({ name: `-j${jobs}`, order: 'path', placement: 'load', stealing: true, jobs });

const listRule = (rule: Rule): Contender => ({
  name: rule.name,
  run: (input) => simulate(input, createListScheduler(input, rule)),
});

/** The agents themselves. Where times do not hang on jobs they are told so, as list schedulers need not be. */
export const ours: Contender = {
  name: 'ours',
  run: (input, seed) =>
    simulateMesh(input, { seed, limits: input.model === 'fixed' ? { serialShare: 1 } : {} }),
};

/** Runs every contender on every seed of a row. */
export const compare = (row: Row, contenders: readonly Contender[]): Line => {
  const cases = row.seeds.map((seed) => ({ seed, input: makeCase(row, seed) }));
  const bounds = cases.map(({ input }) => lowerBoundMs(input));
  const tasks = row.workload.names.length;
  const scores = contenders.map(({ name, run }) => {
    const results = cases.map(({ seed, input }) => run(input, seed));
    const ratios = results.map(({ makespanMs }, at) => makespanMs / (bounds[at] ?? Number.NaN));
    return {
      name,
      ratio: meanOf(ratios),
      worst: Math.max(...ratios),
      starts: meanOf(results.map(({ starts }) => starts)) / tasks,
      moves: meanOf(results.map(({ moves }) => moves)) / tasks,
    };
  });
  return {
    workload: row.workload.title,
    model: row.model,
    hosts: row.hosts,
    slots: row.slots,
    turn: row.turn,
    sigma: row.sigma,
    seeds: row.seeds.length,
    boundHours: (bounds[0] ?? Number.NaN) / 3_600_000,
    scores,
  };
};

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

import type { Edges } from '../../src/core/graph/edges.ts';
import { findLowerBound, rankTasks } from '../../src/core/graph/rank.ts';

/** What a task takes: time in which it uses one core, and core time that any number of jobs can share. */
export interface Work {
  readonly beforeMs: number;
  /** Divided by the jobs of the run. */
  readonly sharedMs: number;
  readonly afterMs: number;
  /** False: one job, whatever it is given. */
  readonly jobsSafe: boolean;
  /** Wall time as it was recorded, or taken to be. */
  readonly wallMs: number;
}

/** A graph of tasks with the times they take on a host of speed 1. */
export interface Workload {
  readonly title: string;
  readonly names: readonly string[];
  readonly needs: Edges;
  readonly dependents: Edges;
  readonly work: readonly Work[];
}

/** Wall time with so many jobs on a host that has nothing else to do. */
export const wallWith = ({ beforeMs, sharedMs, afterMs, jobsSafe }: Work, jobs: number): number =>
  beforeMs + sharedMs / (jobsSafe ? jobs : 1) + afterMs;

/** Core time in all. */
export const coreTime = ({ beforeMs, sharedMs, afterMs }: Work): number => beforeMs + sharedMs + afterMs;

/** The longest path, milliseconds. */
export const longestPath = ({ needs, dependents }: Workload, timeMs: ArrayLike<number>): number =>
  findLowerBound(timeMs, needs, dependents, Number.POSITIVE_INFINITY);

/** The longest path from each task to the end, its own time included, milliseconds. */
export const pathsToEnd = ({ needs, dependents }: Workload, timeMs: ArrayLike<number>): Float64Array =>
  rankTasks(timeMs, timeMs, needs, dependents).rankMs;

export const sumOf = (values: Iterable<number>): number => {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
};

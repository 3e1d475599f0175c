import { itemAt } from '../assert.ts';
import { listByRank } from '../graph/progress.ts';
import type { AgentState, PlanState } from '../state.ts';
import type { Pace } from './slack.ts';

/** What the choice of MAKE_JOBS hangs on, at the moment when a task starts. */
export interface JobsQuestion {
  /** Cores that the builds of this host may use together. */
  readonly cores: number;
  readonly slots: number;
  /** MAKE_JOBS of each run that is under way. */
  readonly running: readonly number[];
  /** Tasks that could start now besides this one. */
  readonly ready: number;
  readonly jobsSafe: boolean;
  /** The end of the whole plan hangs on this task. */
  readonly critical: boolean;
}

/**
 * MAKE_JOBS for a task: make cannot change it later, so it is the share of the cores that is fair to everything
 * that runs or could run now. A critical task counts twice in the sharing and takes what the others leave free.
 * Always from 1 to `cores`; a task that is alone gets them all.
 */
export const chooseJobs = (question: JobsQuestion): number => {
  const { cores, slots, running, ready, jobsSafe, critical } = question;
  if (!jobsSafe) return 1;
  const sharers = Math.max(1, Math.min(slots, running.length + ready + 1));
  const share = Math.max(1, Math.floor(cores / sharers));
  if (!critical) return share;
  const taken = running.reduce((sum, jobs) => sum + jobs, 0);
  const others = sharers - 1 - Math.min(sharers - 1, running.length);
  const free = cores - taken - others * share;
  const double = Math.floor((2 * cores) / (sharers + 1));
  return Math.min(cores, Math.max(share, double, free));
};

/** True when paths, not the number of slots, decide when the plan ends, and this task is on the longest or near. */
export const isCritical = (
  { limits }: AgentState,
  { progress }: PlanState,
  task: number,
  paces: readonly Pace[],
): boolean => {
  const { rankMs } = progress.table;
  const [first] = listByRank(progress);
  const longestMs = first === undefined ? 0 : itemAt(rankMs, first);
  const capacity = paces.reduce((sum, { usable }) => sum + usable, 0);
  if (longestMs <= progress.workLeftMs / Math.max(1, capacity)) return false;
  return itemAt(rankMs, task) >= limits.criticalShare * longestMs;
};

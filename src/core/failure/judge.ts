import type { Attempt, Outcome } from '../facts/fact.ts';
import type { HostId } from '../ids.ts';
import { compareText, compareTokens } from '../ids.ts';
import type { Limits } from '../limits.ts';
import { backoffMs } from '../limits.ts';
import { troublePolicies } from './policy.ts';

/**
 * What the attempts of one task have taught: how it may be tried again, and how often it has been. The same for all who
 * know the same attempts, in whatever order they learnt them.
 */
export interface TaskRecord {
  /** Attempts whose trouble may be the task's own making. */
  readonly charged: number;
  readonly total: number;
  /** Attempts that ran out of memory. */
  readonly memory: number;
  /** Attempts that a watchdog ended. */
  readonly timeouts: number;
  /** An attempt that had its host for itself, and one job, ran out of memory: fewer there are not. */
  readonly isHopeless: boolean;
  /** MAKE_JOBS of the next attempt, which has the host for itself; undefined: an attempt like any other. */
  readonly aloneJobs: number | undefined;
  /** The work area of the next attempt lies on disk, whatever memory there is. */
  readonly onDisk: boolean;
  /** Where it met trouble that another host may not meet, in the order of their ids. */
  readonly hosts: readonly HostId[];
  /** The attempts of the highest token: of all, of those out of memory, of those that a watchdog ended. */
  readonly last: Attempt | undefined;
  readonly lastMemory: Attempt | undefined;
  readonly lastTimeout: Attempt | undefined;
}

type Failure = Extract<Outcome, { readonly kind: 'failed' }>;

export type Verdict =
  /** Back to the ready set, now or when `pauseMs` are over. */
  | { readonly kind: 'retry'; readonly pauseMs: number | undefined }
  /** It has had its tries. */
  | { readonly kind: 'giveUp'; readonly failure: Failure };

/** What the attempts of one task teach, each given once, in any order. */
export const foldAttempts = (attempts: readonly Attempt[]): TaskRecord => {
  const sorted = attempts.toSorted(compareAttempts);
  const memory = sorted.filter(({ outcome }) => outcome.trouble === 'out-of-memory');
  const timeouts = sorted.filter(({ outcome }) => outcome.trouble === 'timeout');
  const charged = sorted.filter(
    ({ outcome }) => troublePolicies[outcome.trouble].chargesTask && !outcome.hostSuspect,
  );
  const moving = sorted.filter(({ outcome }) => troublePolicies[outcome.trouble].movesTask);
  return {
    charged: charged.length,
    total: sorted.length,
    memory: memory.length,
    timeouts: timeouts.length,
    isHopeless: memory.some(({ outcome, jobs }) => outcome.alone && jobs === 1),
    aloneJobs:
      memory.length === 0
        ? undefined
        : Math.max(1, Math.floor(Math.min(...memory.map(({ jobs }) => jobs)) / 2)),
    onDisk: memory.length > 0 || sorted.some(({ outcome }) => outcome.trouble === 'work-full'),
    hosts: [...new Set(moving.map(({ origin }) => origin.host))].sort(compareText),
    last: sorted.at(-1),
    lastMemory: memory.at(-1),
    lastTimeout: timeouts.at(-1),
  };
};

/**
 * Decides about a task whose attempts ended in trouble. While a host itself was the suspect, a task is not charged with
 * what may be the host's doing; but none comes back more than `troublesMax` times. A kill that an agent asked for is no
 * attempt.
 */
export const judgeRecord = (record: TaskRecord, limits: Limits): Verdict => {
  const failure =
    failForMemory(record, limits) ?? failForTimeout(record, limits) ?? failForTroubles(record, limits);
  if (failure !== undefined) return { kind: 'giveUp', failure };
  const { last, total } = record;
  const pauses = last !== undefined && troublePolicies[last.outcome.trouble].pausesTask;
  return { kind: 'retry', pauseMs: pauses ? backoffMs(limits.taskPause, total) : undefined };
};

/** How long a task waits that has been ended so often, at least once, to save a disk for others. */
export const evictionPauseMs = (evictions: number, limits: Limits): number =>
  backoffMs(limits.taskPause, evictions);

/** With the host for itself and fewer jobs it may fit; a task that does not even fit so is too large for the host. */
const failForMemory = (record: TaskRecord, limits: Limits): Failure | undefined => {
  const { memory, isHopeless, lastMemory } = record;
  if (lastMemory === undefined || !(isHopeless || memory >= limits.memoryTriesMax)) return undefined;
  const { jobs, outcome } = lastMemory;
  const how = outcome.alone ? `alone with ${jobs} ${jobs === 1 ? 'job' : 'jobs'}` : `with ${jobs} jobs`;
  const reason = `out of memory in ${memory} attempts, the last one ${how}: ${outcome.detail}`;
  return failWith('package', 'memory', reason);
};

/** Chance may hold a build up once. */
const failForTimeout = ({ timeouts, lastTimeout }: TaskRecord, limits: Limits): Failure | undefined =>
  lastTimeout === undefined || timeouts < limits.timeoutTriesMax
    ? undefined
    : failWith('timeout', lastTimeout.outcome.stage ?? 'timeout', lastTimeout.outcome.detail);

const failForTroubles = (
  { charged, total, hosts, last }: TaskRecord,
  limits: Limits,
): Failure | undefined => {
  if (last === undefined || (charged < limits.attemptsMax && total < limits.troublesMax)) return undefined;
  const where = hosts.length > 1 ? ` on ${hosts.length} hosts` : '';
  const { trouble, detail } = last.outcome;
  return failWith('infra', trouble, `no attempt of ${total}${where} came to an end: ${detail}`);
};

const failWith = (failureClass: Failure['class'], stage: string, reason: string): Failure => ({
  kind: 'failed',
  class: failureClass,
  stage,
  reason,
});

/** The earlier one first, by token; tokens are unique, the rest is for what a broken host may do. */
const compareAttempts = (a: Attempt, b: Attempt): number =>
  compareTokens(a.token, b.token) ||
  compareText(a.origin.host, b.origin.host) ||
  a.origin.incarnation - b.origin.incarnation ||
  compareText(a.origin.boot, b.origin.boot) ||
  a.seq - b.seq;

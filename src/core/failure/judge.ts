import { never } from '../assert.ts';
import type { Outcome } from '../facts/fact.ts';
import type { Limits } from '../limits.ts';
import { backoffMs } from '../limits.ts';
import { troublePolicies } from './policy.ts';
import type { Trouble } from './trouble.ts';

/** What the attempts of one task have taught so far: how it may be tried again, and how often it has been. */
export interface TaskRecord {
  /** Attempts whose trouble may be the task's own making. */
  readonly charged: number;
  readonly total: number;
  /** Attempts that ran out of memory. */
  readonly memory: number;
  /** Attempts that a watchdog ended. */
  readonly timeouts: number;
  /** Attempts that were ended to save the disk for others. */
  readonly evictions: number;
  /** MAKE_JOBS of the next attempt, which has the host for itself; undefined: an attempt like any other. */
  readonly aloneJobs: number | undefined;
  /** The work area of the next attempt lies on disk, whatever memory there is. */
  readonly onDisk: boolean;
}

/** An attempt that ended in trouble. */
export interface TroubledAttempt {
  readonly trouble: Trouble;
  readonly detail: string;
  readonly stage: string | undefined;
  /** MAKE_JOBS that it had. */
  readonly jobs: number;
  /** It had the host for itself, by its record. */
  readonly alone: boolean;
}

type Failure = Extract<Outcome, { readonly kind: 'failed' }>;

export type Verdict =
  /** Back to the ready set, now or when `pauseMs` are over. */
  | { readonly kind: 'retry'; readonly record: TaskRecord; readonly pauseMs: number | undefined }
  /** It has had its tries. */
  | { readonly kind: 'giveUp'; readonly record: TaskRecord; readonly failure: Failure };

interface Court {
  /** The trouble is rather the host's doing: the task is not charged. */
  readonly hostSuspect: boolean;
  readonly limits: Limits;
}

/**
 * Decides about a task whose attempt ended in trouble. While the host itself is the suspect, a task is not charged
 * with what may be the host's doing; but none comes back more than `troublesMax` times. A kill that the agent asked
 * for never gets here.
 */
export const judgeTrouble = (
  attempt: TroubledAttempt,
  before: TaskRecord | undefined,
  court: Court,
): Verdict => {
  const record = { ...(before ?? newRecord), total: (before?.total ?? 0) + 1 };
  switch (attempt.trouble) {
    case 'out-of-memory':
      return judgeMemory(attempt, { ...record, memory: record.memory + 1 }, court);
    case 'timeout':
      return judgeTimeout(attempt, { ...record, timeouts: record.timeouts + 1 }, court);
    case 'work-full':
      return judgeCharge(attempt, { ...record, onDisk: true }, { ...court, hostSuspect: true });
    case 'disk-full':
    case 'sandbox':
    case 'network':
    case 'hook':
    case 'missing-dependency':
    case 'killed':
    case 'lost':
    case 'internal':
      return judgeCharge(attempt, record, court);
    default:
      return never(attempt.trouble);
  }
};

/** The record after an attempt that was ended to save the disk, and how long the task waits for its next one. */
export const noteEviction = (
  before: TaskRecord | undefined,
  limits: Limits,
): { readonly record: TaskRecord; readonly pauseMs: number } => {
  const evictions = (before?.evictions ?? 0) + 1;
  return {
    record: { ...(before ?? newRecord), evictions },
    pauseMs: backoffMs(limits.taskPause, evictions),
  };
};

const newRecord: TaskRecord = {
  charged: 0,
  total: 0,
  memory: 0,
  timeouts: 0,
  evictions: 0,
  aloneJobs: undefined,
  onDisk: false,
};

/** With the host for itself and fewer jobs it may fit; a task that does not even fit so is too large for the host. */
const judgeMemory = (attempt: TroubledAttempt, record: TaskRecord, { limits }: Court): Verdict => {
  const { jobs, alone, detail } = attempt;
  const isHopeless = alone && jobs === 1;
  if (record.memory >= limits.memoryTriesMax || isHopeless) {
    const how = alone ? `alone with ${jobs} ${jobs === 1 ? 'job' : 'jobs'}` : `with ${jobs} jobs`;
    const reason = `out of memory in ${record.memory} attempts, the last one ${how}: ${detail}`;
    return { kind: 'giveUp', record, failure: failWith('package', 'memory', reason) };
  }
  const aloneJobs = Math.max(1, Math.floor(jobs / 2));
  return { kind: 'retry', record: { ...record, aloneJobs, onDisk: true }, pauseMs: undefined };
};

/** Chance may hold a build up once. */
const judgeTimeout = (attempt: TroubledAttempt, record: TaskRecord, { limits }: Court): Verdict => {
  if (record.timeouts < limits.timeoutTriesMax) return { kind: 'retry', record, pauseMs: undefined };
  return { kind: 'giveUp', record, failure: failWith('timeout', attempt.stage ?? 'timeout', attempt.detail) };
};

const judgeCharge = (attempt: TroubledAttempt, record: TaskRecord, court: Court): Verdict => {
  const { limits, hostSuspect } = court;
  const { trouble, detail } = attempt;
  const { pausesTask } = troublePolicies[trouble];
  const charged = record.charged + (hostSuspect ? 0 : 1);
  const now = { ...record, charged };
  if (charged >= limits.attemptsMax || now.total >= limits.troublesMax) {
    const reason = `no attempt of ${now.total} came to an end on this host: ${detail}`;
    return { kind: 'giveUp', record: now, failure: failWith('infra', trouble, reason) };
  }
  return {
    kind: 'retry',
    record: now,
    pauseMs: pausesTask ? backoffMs(limits.taskPause, now.total) : undefined,
  };
};

const failWith = (failureClass: Failure['class'], stage: string, reason: string): Failure => ({
  kind: 'failed',
  class: failureClass,
  stage,
  reason,
});

import type { Trouble } from '../failure/trouble.ts';
import type { Life, PlanId, SlotName, TaskName, Token } from '../ids.ts';
import type { Task } from '../plan.ts';

/**
 * Why a task failed for good. `package`: its own doing; `timeout`: it did not come to an end; `infra`: every host that
 * tried had trouble.
 */
export type FailureClass = 'package' | 'timeout' | 'infra';

export type Outcome =
  | {
      readonly kind: 'built';
      /** `sha256:<hex>` of the package file. */
      readonly digest: string;
      readonly sizeBytes: number;
      /** Tasks that this result makes part of the plan; none of them needs another. Absent: none. */
      readonly adds?: readonly Task[];
    }
  | {
      readonly kind: 'failed';
      readonly class: FailureClass;
      /** Where it failed, in the words of the shell that ran it: for a package the stage name. */
      readonly stage: string;
      /** One line for a person. */
      readonly reason: string;
    };

/** Wall and CPU time of one step of a run, in the order the steps ran. */
export interface StepTime {
  readonly step: string;
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** What the journal of a plan says of one attempt, whatever came of it. */
interface Ended {
  readonly planId: PlanId;
  readonly task: TaskName;
  readonly token: Token;
  readonly origin: Life;
  /** Dense from 1 for each origin in each plan. */
  readonly seq: number;
  readonly slot: SlotName;
  /** Wall clock, for people only: never compared between hosts. */
  readonly startedAtMs: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  /** MAKE_JOBS of the run. */
  readonly jobs: number;
  readonly steps: readonly StepTime[];
  /** Work area at the end of the build, in bytes; 0 when unknown. */
  readonly diskBytes: number;
  /** The most memory that its processes held together, in bytes; 0 when unknown. */
  readonly memoryBytes: number;
}

/** A task has ended. Made once, by the agent that ran it; never changed, never taken back. */
export interface Fact extends Ended {
  readonly outcome: Outcome;
}

/** An attempt that a host's trouble ended. It says nothing of the task, but how it may be tried again. */
export interface Attempt extends Ended {
  readonly outcome: Troubled;
}

export interface Troubled {
  readonly kind: 'troubled';
  readonly trouble: Trouble;
  readonly detail: string;
  /** Where the run was, in the words of the shell; undefined: no step of it. */
  readonly stage: string | undefined;
  /** It had its host for itself, because of attempts before. */
  readonly alone: boolean;
  /** The host was rather to blame than the task. */
  readonly hostSuspect: boolean;
}

/**
 * A user wants a task that failed to be tried again. Made once, by the agent where he said so. It belongs to no run: its token has
 * never been the right to one, its slot is that of a failure which it voids, and its times are 0.
 */
export interface Retry extends Ended {
  readonly outcome: Retried;
}

export interface Retried {
  readonly kind: 'retried';
  /** Tokens of the failures and attempts that were known then: of the task they say nothing any more. */
  readonly voids: readonly Token[];
}

/** What a journal consists of. */
export type Entry = Fact | Attempt | Retry;

export const isFact = (entry: Entry): entry is Fact =>
  entry.outcome.kind === 'built' || entry.outcome.kind === 'failed';

export const isRetry = (entry: Entry): entry is Retry => entry.outcome.kind === 'retried';

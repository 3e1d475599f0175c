import type { Life, PlanId, SlotName, TaskName, Token } from '../ids.ts';

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

/** A task has ended. Made once, by the agent that ran it; never changed, never taken back. */
export interface Fact {
  readonly planId: PlanId;
  readonly task: TaskName;
  readonly token: Token;
  readonly origin: Life;
  /** Dense from 1 for each origin. */
  readonly seq: number;
  readonly outcome: Outcome;
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

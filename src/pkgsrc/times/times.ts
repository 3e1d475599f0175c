import type { StepTime } from '../../core/facts/fact.ts';

/** How one package went in a build of another tool. */
export interface ImportedTime {
  /** Empty where the other tool does not tell it. */
  readonly pkgpath: string;
  readonly pkgname: string;
  readonly outcome: 'built' | 'failed';
  /** Where it failed; empty when it was built. */
  readonly stage: string;
  /** Unix milliseconds. */
  readonly endedAtMs: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  /** 0 when unknown. */
  readonly diskBytes: number;
  /** 0 when unknown. */
  readonly jobs: number;
  readonly steps: readonly StepTime[];
}

/** What a file gave; `bad` are lines that could not be understood. */
export interface ImportedTimes {
  readonly times: readonly ImportedTime[];
  readonly bad: readonly { readonly line: number; readonly reason: string }[];
}

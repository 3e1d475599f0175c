import type { ProgramName } from './packages.ts';

/** One thing that was looked at on this host. */
export interface Finding {
  /** Stable, for scripts: `bmake`, `tree`. */
  readonly id: string;
  /** What it is, for a person. */
  readonly title: string;
  /** `warning`: builds run without it, less well. `missing`: they do not. */
  readonly state: 'ok' | 'warning' | 'missing';
  /** What was found. */
  readonly detail: string;
  /** What to do; empty when it is well. */
  readonly fix: string;
  /** The program that a package manager can bring to mend it. */
  readonly program?: ProgramName;
}

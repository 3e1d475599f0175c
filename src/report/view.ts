import { type Comparison, compareBuilds } from './compare.ts';
import { type Counts, countOutcomes } from './counts.ts';
import type { LogIndex } from './logs.ts';
import { type Makespan, measureMakespan } from './makespan.ts';
import type { ReportInput } from './model.ts';
import type { OutcomeOf, Outcomes } from './outcomes.ts';
import { selectOutcomes } from './outcomes.ts';

/** Everything that the three readable reports share, derived once. */
export interface ReportView {
  readonly input: ReportInput;
  readonly outcomes: Outcomes;
  readonly counts: Counts;
  readonly makespan: Makespan;
  /** With the last build that completed; undefined when there is none. */
  readonly comparison: Comparison | undefined;
  readonly logs: LogIndex;
  readonly place: ReportPlace;
  /** Failed packages, those that break most first, then by PKGNAME. */
  readonly failed: readonly OutcomeOf<'failed'>[];
  /** The hosts that packages ran on, sorted. */
  readonly hosts: readonly string[];
}

export interface ReportPlace {
  /** Absolute path of the directory that the report lies in. */
  readonly dir: string;
  /** Name of the compressed machine-readable report beside it. */
  readonly machineFile: 'report.bz2' | 'report.zst';
}

export function viewReport(
  input: ReportInput,
  outcomes: Outcomes,
  logs: LogIndex,
  place: ReportPlace,
): ReportView {
  const failed = selectOutcomes(outcomes, 'failed').sort(
    (a, b) => b.breaks - a.breaks || compareText(a.record.pkgname, b.record.pkgname),
  );
  return {
    input,
    outcomes,
    counts: countOutcomes(outcomes),
    makespan: measureMakespan(input, outcomes),
    logs,
    place,
    failed,
    comparison: compareBuilds(outcomes, input.previous),
    hosts: [...new Set([...input.facts.values()].map(({ origin }) => origin.host))].sort(),
  };
}

/** Order of code units: the same on every host and in every locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

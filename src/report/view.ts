import type { PkgName } from '../pkgsrc/package.ts';
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
  readonly logs: LogIndex;
  readonly place: ReportPlace;
  /** Failed packages, those that break most first, then by PKGNAME. */
  readonly failed: readonly OutcomeOf<'failed'>[];
  /** Index of each package that others can be blamed on, and that a page has a row for. */
  readonly rows: ReadonlyMap<PkgName, number>;
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
    rows: new Map(
      outcomes.packages
        .filter((pkg) => CULPRIT_KINDS.has(pkg.standing.kind))
        .map((pkg) => [pkg.record.pkgname, pkg.index]),
    ),
  };
}

const CULPRIT_KINDS: ReadonlySet<string> = new Set(['failed', 'prefailed', 'unresolved']);

/** Order of code units: the same on every host and in every locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

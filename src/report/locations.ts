import type { OutcomeOf, Outcomes, PackageOutcome } from './outcomes.ts';
import { compareText } from './view.ts';

/** One PKGPATH with at least one failed package, as pbulk's text report shows it. */
export interface Breakage {
  readonly pkgpath: string;
  /** Sum over its failed packages: a dependent of two variants counts twice, as in pbulk. */
  readonly breaks: number;
  readonly maintainer: string;
  /** By PKGNAME. */
  readonly failed: readonly PackageOutcome[];
  /** True when other packages of the same path did not fail: the failed ones are then named. */
  readonly isMixed: boolean;
}

/** The paths with failures, sorted by path. */
export function listBreakages(failed: readonly OutcomeOf<'failed'>[], outcomes: Outcomes): Breakage[] {
  const byPath = Map.groupBy(failed, (pkg) => pkg.record.pkgpath);
  const others = new Set(
    outcomes.packages.filter((pkg) => pkg.standing.kind !== 'failed').map((pkg) => pkg.record.pkgpath),
  );
  return [...byPath]
    .map(([pkgpath, packages]) => ({
      pkgpath,
      breaks: packages.reduce((sum, pkg) => sum + pkg.breaks, 0),
      maintainer: packages[0]?.record.maintainer ?? '',
      failed: packages.toSorted((a, b) => compareText(a.record.pkgname, b.record.pkgname)),
      isMixed: others.has(pkgpath),
    }))
    .sort((a, b) => compareText(a.pkgpath, b.pkgpath));
}

import { splitPkgName } from '../../src/pkgsrc/version.ts';
import type { Outcomes, PackageOutcome, Standing } from '../../src/report/outcomes.ts';
import type { BuildFigures } from '../../src/store/builds.ts';
import type { OutcomeStatus, PackageOutcomeRow } from '../../src/store/outcomes.ts';
import type { BuildSummary } from '../control/protocol.ts';

/** How each package of a build ended, as the store keeps it for later comparisons. */
export const listOutcomes = (outcomes: Outcomes): readonly PackageOutcomeRow[] =>
  outcomes.packages.map(({ record, standing, fact }: PackageOutcome) => ({
    pkgpath: record.pkgpath,
    pkgbase: splitPkgName(record.pkgname).base,
    pkgname: record.pkgname,
    status: nameStatus(standing, fact !== undefined),
    stage: standing.kind === 'failed' ? standing.stage : '',
    reason: 'reason' in standing ? standing.reason : '',
  }));

/** A package that is done and was not built in this build was kept. */
const nameStatus = (standing: Standing, wasBuilt: boolean): OutcomeStatus => {
  switch (standing.kind) {
    case 'done':
      return wasBuilt ? 'built' : 'kept';
    case 'failed':
      return 'failed';
    case 'prefailed':
      return 'masked';
    case 'unresolved':
      return 'unresolved';
    case 'indirect-prefailed':
      return standing.of;
    case 'indirect-failed':
      return 'blocked';
    case 'open':
      return 'open';
  }
};

/** What a build came to; undefined for one that ended before it had a plan. */
export const figuresOf = ({ counts, makespanMs, slotSeconds }: BuildSummary): BuildFigures | undefined => {
  if (counts.total === 0) return undefined;
  const { built, kept, failed, blocked, masked } = counts;
  const open = counts.running + counts.ready + counts.waiting;
  return {
    built,
    kept,
    failed,
    blocked,
    masked,
    open,
    makespanMs,
    busyMs: Math.round(1000 * slotSeconds.busy),
  };
};

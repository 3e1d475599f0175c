import type { ReportInput } from './model.ts';
import type { Outcomes } from './outcomes.ts';

/** Every package is in exactly one of the fields below `total`, `kept` aside, and they add up to it. */
export interface Counts {
  readonly total: number;
  readonly done: number;
  /** Those of `done` that an earlier build made. */
  readonly kept: number;
  /** Failed by their own doing. */
  readonly failed: number;
  /** Came to no end, and were killed by a watchdog at each try. */
  readonly timedOut: number;
  /** Failed because every host that tried had trouble. */
  readonly infraFailed: number;
  readonly indirectFailed: number;
  /** PKG_SKIP_REASON or PKG_FAIL_REASON. */
  readonly masked: number;
  readonly unresolved: number;
  readonly indirectMasked: number;
  readonly indirectUnresolved: number;
  /** Not built yet: the build was stopped. */
  readonly open: number;
}

/** The six figures of pbulk's reports, and what it has no line for. */
export interface PbulkCounts {
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly indirectFailed: number;
  readonly prefailed: number;
  readonly indirectPrefailed: number;
  readonly open: number;
}

export function countOutcomes(outcomes: Outcomes): Counts {
  const counts = {
    total: outcomes.packages.length,
    done: 0,
    kept: 0,
    failed: 0,
    timedOut: 0,
    infraFailed: 0,
    indirectFailed: 0,
    masked: 0,
    unresolved: 0,
    indirectMasked: 0,
    indirectUnresolved: 0,
    open: 0,
  };
  for (const { standing } of outcomes.packages) {
    counts[nameField(standing)]++;
    if (standing.kind === 'done' && standing.kept) counts.kept++;
  }
  return counts;
}

/** All that were tried and are not there. */
export const countFailed = ({ failed, timedOut, infraFailed }: Counts): number =>
  failed + timedOut + infraFailed;

/** Packages with dependencies that match nothing are masked ones to pbulk. */
export function toPbulkCounts(counts: Counts): PbulkCounts {
  return {
    total: counts.total,
    done: counts.done,
    failed: countFailed(counts),
    indirectFailed: counts.indirectFailed,
    prefailed: counts.masked + counts.unresolved,
    indirectPrefailed: counts.indirectMasked + counts.indirectUnresolved,
    open: counts.open,
  };
}

/** One line for a terminal: what is not zero, the good first. */
export function formatCounts(counts: Counts, scanFailures: ReportInput['scanFailures'] = []): string {
  const parts: readonly (readonly [number, string])[] = [
    [counts.failed, 'failed'],
    [counts.timedOut, 'timed out'],
    [counts.infraFailed, 'failed by trouble of hosts'],
    [counts.indirectFailed, 'blocked by a failure'],
    [counts.masked, 'masked'],
    [counts.unresolved, 'unresolved'],
    [counts.indirectMasked + counts.indirectUnresolved, 'depending on those'],
    [counts.open, 'not built yet'],
    [scanFailures.length, scanFailures.length === 1 ? 'path not scanned' : 'paths not scanned'],
  ];
  const shown = parts.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`);
  const kept = counts.kept > 0 ? `, ${counts.kept} of them kept from earlier builds` : '';
  return [
    `${counts.done} of ${counts.total} packages ${kept === '' ? 'built' : `there${kept}`}`,
    ...shown,
  ].join(', ');
}

const FAILED_FIELDS = { package: 'failed', timeout: 'timedOut', infra: 'infraFailed' } as const;

function nameField(standing: Outcomes['packages'][number]['standing']): keyof Counts {
  switch (standing.kind) {
    case 'done':
      return 'done';
    case 'failed':
      return FAILED_FIELDS[standing.class];
    case 'indirect-failed':
      return 'indirectFailed';
    case 'prefailed':
      return 'masked';
    case 'unresolved':
      return 'unresolved';
    case 'indirect-prefailed':
      return standing.of === 'masked' ? 'indirectMasked' : 'indirectUnresolved';
    case 'open':
      return 'open';
  }
}

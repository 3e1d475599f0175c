import { BulkmeshError } from '../../src/errors.ts';
import type { Report, ReportedComparison } from '../report.ts';
import { escapeText } from './escape.ts';

/**
 * The last build beside the one before it, a line for each package: `+` fails now and was there, `-` is fixed, `~` fails in
 * another stage. Throws `NOTHING_TO_COMPARE`.
 */
export function drawComparison(report: Report): readonly string[] {
  const comparison = takeComparison(report);
  const { newFailures, stillFailing, firstFailures, fixed } = comparison;
  const moved = stillFailing.filter(({ stage, stageBefore }) => stage !== stageBefore);
  const ended = comparison.endedAt.slice(0, 16).replace('T', ' ');
  return [
    `build ${report.build} since ${comparison.build}, which ended at ${ended} UTC:`,
    `${newFailures.length} failing now, ${fixed.length} fixed, ${stillFailing.length} still failing, ` +
      `${firstFailures.length} failing at the first try`,
    ...newFailures.map((pkg) => `+ ${pkg.pkgname} in ${pkg.stage}: ${pkg.reason}`),
    ...fixed.map((pkg) => `- ${pkg.pkgname}, which failed in ${pkg.stageBefore}`),
    ...moved.map((pkg) => `~ ${pkg.pkgname} in ${pkg.stage}, before in ${pkg.stageBefore}: ${pkg.reason}`),
  ].map((line) => escapeText(line).replaceAll('\n', ' '));
}

/** Throws `NOTHING_TO_COMPARE`. */
export function takeComparison({ build, comparison }: Report): ReportedComparison {
  if (comparison !== undefined) return comparison;
  throw new BulkmeshError('NOTHING_TO_COMPARE', `build ${build} has no earlier one to be compared with`, {
    hint: 'the next build is compared with this one; bulkmesh builds lists those that are known',
  });
}

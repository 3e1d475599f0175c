import { presolvePieces } from '../pkgsrc/presolve.ts';
import { recordBytes } from '../pkgsrc/record.ts';
import type { Piece } from './files.ts';
import { formatMinute, formatStartDir } from './format.ts';
import type { ReportInput } from './model.ts';
import { type Outcomes, type PackageOutcome, selectOutcomes, toPbulkStatus } from './outcomes.ts';

/**
 * pbulk's state files, byte for byte as its own tools and other people's read them. Those that repeat the
 * scan come in pieces, since a whole tree makes 160 MB of them.
 */

/** `meta/pscan`: the records as make printed them. */
export function* renderPscan(input: ReportInput): Generator<Piece> {
  for (const { record } of input.resolution.packages) yield recordBytes(record);
}

/** `meta/presolve`: each record with what it depends on. */
export function renderPresolve(input: ReportInput): Iterable<Piece> {
  return presolvePieces(input.resolution);
}

/** `meta/report`: the resolved records, each followed by how much hangs on it and what became of it. */
export function* renderReport(input: ReportInput, outcomes: Outcomes): Generator<Piece> {
  const ends = outcomes.packages.map(
    (pkg) => `PKG_DEPTH=${pkg.breaks + 1}\nBUILD_STATUS=${toPbulkStatus(pkg.standing)}\n`,
  );
  let started = 0;
  for (const piece of presolvePieces(input.resolution)) {
    if (typeof piece !== 'string' && piece.subarray(0, RECORD_START.length).equals(RECORD_START)) {
      if (started > 0) yield ends[started - 1] ?? '';
      started++;
    }
    yield piece;
  }
  if (started > 0) yield ends[started - 1] ?? '';
}

/** `meta/success`: PKGNAMEs of the packages that are there. */
export function renderSuccess(outcomes: Outcomes): string {
  return renderNames(selectOutcomes(outcomes, 'done'));
}

/** `meta/error`: PKGNAMEs of the packages that failed themselves. */
export function renderError(outcomes: Outcomes): string {
  return renderNames(selectOutcomes(outcomes, 'failed'));
}

/** `meta/pbuild`: `PKGNAME|status||depth`; the third field has been empty since 2008. */
export function renderPbuild(outcomes: Outcomes): string {
  return outcomes.packages
    .map((pkg) => `${pkg.record.pkgname}|${toPbulkStatus(pkg.standing)}||${pkg.breaks + 1}\n`)
    .join('');
}

/** `meta/status`: what the build ran on and when. */
export function renderStatus(input: ReportInput): string {
  const lines: readonly (readonly [string, string])[] = [
    ['PLATFORM', formatPlatform(input)],
    ['COMPILER', input.platform.compiler],
    ['BUILD_START_ISO', formatMinute(input.startedAtMs)],
    ['BUILD_START_DIR', formatStartDir(input.startedAtMs)],
    ['BASE_URL', input.baseUrl],
    ['BUILD_END_ISO', formatMinute(input.endedAtMs)],
  ];
  return lines.map(([key, value]) => `${key}=${value.replaceAll(/[\r\n]/g, ' ')}\n`).join('');
}

/** `NetBSD 10.1/x86_64`. */
export function formatPlatform(input: ReportInput): string {
  const { opsys, osVersion, machineArch } = input.platform;
  return `${opsys} ${osVersion}/${machineArch}`;
}

/** Where the report will be on the web, without a slash at its end; undefined when nothing is published. */
export function formatReportUrl(input: ReportInput): string | undefined {
  if (input.baseUrl === '') return undefined;
  return `${input.baseUrl.replace(/\/+$/, '')}/${formatStartDir(input.startedAtMs)}`;
}

// What records are told apart by, in every file that holds them.
const RECORD_START = Buffer.from('PKGNAME=');

function renderNames(packages: readonly PackageOutcome[]): string {
  return packages.map((pkg) => `${pkg.record.pkgname}\n`).join('');
}

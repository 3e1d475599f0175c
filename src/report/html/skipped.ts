import type { PkgName } from '../../pkgsrc/package.ts';
import { escapeHtml } from '../escape.ts';
import { formatCount } from '../format.ts';
import { type PackageOutcome, selectOutcomes } from '../outcomes.ts';
import { compareText, type ReportView } from '../view.ts';
import { type Column, type Html, type ListPart, renderNames, renderReason, rowId } from './markup.ts';

interface Blocked {
  readonly pkg: PackageOutcome;
  readonly culprits: readonly PkgName[];
}

interface Refused {
  readonly pkg: PackageOutcome;
  readonly reason: string;
}

/** Packages that nobody tried to build, each with its reason or with the ones that are to blame. */
export function listSkipped(view: ReportView): readonly ListPart[] {
  const blocked = selectOutcomes(view.outcomes, 'indirect-failed').map(toBlocked);
  const masked = selectOutcomes(view.outcomes, 'prefailed').map(toRefused);
  const unresolved = selectOutcomes(view.outcomes, 'unresolved').map(toRefused);
  const behind = selectOutcomes(view.outcomes, 'indirect-prefailed');
  const behindMasked = behind.filter((pkg) => pkg.standing.of === 'masked').map(toBlocked);
  const behindUnresolved = behind.filter((pkg) => pkg.standing.of === 'unresolved').map(toBlocked);
  return [
    listBlocked(view, 'blocked', 'Not built because of a failed package', blocked),
    listRefused('masked', 'Masked packages', masked),
    listBlocked(view, 'behind-masked', 'Not built because of a masked package', behindMasked),
    listRefused('unresolved', 'Packages whose dependencies cannot be resolved', unresolved),
    listBlocked(view, 'behind-unresolved', 'Not built because of an unresolved package', behindUnresolved),
  ];
}

/** Package paths for which make gave no record. */
export function listScanFailures(view: ReportView): ListPart {
  const { scanFailures } = view.input;
  const columns: readonly Column[] = [
    { title: 'Path', kind: 'text' },
    { title: 'Reason', kind: 'wide' },
  ];
  const renderRow = (failure: (typeof scanFailures)[number], hasDetail: boolean): Html =>
    `<tr><td>${escapeHtml(failure.pkgpath)}<td class="wide">${renderReason(failure.reason)}` +
    (hasDetail && failure.detail.trim() !== ''
      ? `<details class="broken"><summary>What make said</summary>` +
        `<pre>${renderLines(failure.detail)}</pre></details>`
      : '');
  return {
    ...makePart('scan', 'Scan failures', 'reasons', columns, scanFailures.length),
    levels: [true, false].map((hasDetail) => () => scanFailures.map((at) => renderRow(at, hasDetail))),
  };
}

/** What a stopped build has left to do. */
export function listOpen(view: ReportView): ListPart {
  const open = selectOutcomes(view.outcomes, 'open');
  const columns: readonly Column[] = [
    { title: 'Package', kind: 'text' },
    { title: 'Path', kind: 'wide' },
  ];
  const renderRow = ({ record }: PackageOutcome): Html =>
    `<tr><td>${escapeHtml(record.pkgname)}<td class="wide">${escapeHtml(record.pkgpath)}`;
  return {
    ...makePart('open', 'Not built before the build stopped', 'reasons', columns, open.length),
    levels: [() => open.map(renderRow)],
  };
}

function listBlocked(view: ReportView, id: string, title: string, packages: readonly Blocked[]): ListPart {
  const sorted = packages.toSorted((a, b) => compareText(a.pkg.record.pkgname, b.pkg.record.pkgname));
  const columns: readonly Column[] = [
    { title: 'Package', kind: 'text' },
    { title: 'Because of', kind: 'wide' },
  ];
  const renderRow = ({ pkg, culprits }: Blocked, cap: number): Html =>
    `<tr><td>${escapeHtml(pkg.record.pkgname)}<td>${renderNames(view, culprits, cap)}`;
  return {
    ...makePart(id, title, 'culprits', columns, packages.length),
    levels: [50, 5, 1].map((cap) => () => sorted.map((blocked) => renderRow(blocked, cap))),
  };
}

function listRefused(id: string, title: string, packages: readonly Refused[]): ListPart {
  const sorted = packages.toSorted(
    (a, b) => b.pkg.breaks - a.pkg.breaks || compareText(a.pkg.record.pkgname, b.pkg.record.pkgname),
  );
  const columns: readonly Column[] = [
    { title: 'Package', kind: 'text' },
    { title: 'Breaks', kind: 'number' },
    { title: 'Reason', kind: 'wide' },
  ];
  const renderRow = ({ pkg, reason }: Refused): Html =>
    `<tr id="${rowId(pkg.index)}"><td>${escapeHtml(pkg.record.pkgname)}` +
    `<td class="number">${formatCount(pkg.breaks)}<td class="wide">${renderReason(reason)}`;
  return {
    ...makePart(id, title, 'reasons', columns, packages.length),
    levels: [() => sorted.map(renderRow)],
  };
}

// A list of this many rows still fits on a screen or two.
const ROWS_OPEN = 25;
// No list takes so much that those after it get nothing.
const SHARE = 0.5;

function makePart(
  id: string,
  title: string,
  table: string,
  columns: readonly Column[],
  count: number,
): Omit<ListPart, 'levels'> {
  return { id, title, table, columns, isOpen: count <= ROWS_OPEN, share: SHARE };
}

function toBlocked(
  pkg: PackageOutcome & { readonly standing: { readonly culprits: readonly PkgName[] } },
): Blocked {
  return { pkg, culprits: pkg.standing.culprits };
}

function toRefused(pkg: PackageOutcome & { readonly standing: { readonly reason: string } }): Refused {
  return { pkg, reason: pkg.standing.reason };
}

const DETAIL_LINES = 40;

/** The last lines of what make printed: the first are rarely the telling ones. */
function renderLines(detail: string): Html {
  return detail
    .trimEnd()
    .split('\n')
    .slice(-DETAIL_LINES)
    .map((line) => renderReason(line))
    .join('\n');
}

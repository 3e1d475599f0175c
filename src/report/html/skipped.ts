import type { PkgName } from '../../pkgsrc/package.ts';
import { escapeHtml } from '../escape.ts';
import { formatCount } from '../format.ts';
import { type PackageOutcome, selectOutcomes } from '../outcomes.ts';
import { compareText, type ReportView } from '../view.ts';
import { fitCap, type Html, renderNames, renderReason, renderSection, renderTable, rowId } from './markup.ts';

// A list of this many rows still fits on a screen or two.
const ROWS_OPEN = 25;
const CULPRITS_BUDGET = 40_000;
const CULPRITS_MOST = 50;

/** Packages that nobody tried to build, each with the one that is to blame. */
export function renderSkipped(view: ReportView): Html {
  const behind = selectOutcomes(view.outcomes, 'indirect-prefailed');
  const lists = [
    {
      part: { id: 'blocked', title: 'Not built because of a failed package' },
      packages: selectOutcomes(view.outcomes, 'indirect-failed'),
    },
    {
      part: { id: 'behind-masked', title: 'Not built because of a masked package' },
      packages: behind.filter((pkg) => pkg.standing.of === 'masked'),
    },
    {
      part: { id: 'behind-unresolved', title: 'Not built because of an unresolved package' },
      packages: behind.filter((pkg) => pkg.standing.of === 'unresolved'),
    },
  ];
  const lengths = lists.flatMap((list) => list.packages.map((pkg) => pkg.standing.culprits.length));
  const cap = fitCap(lengths, CULPRITS_BUDGET, CULPRITS_MOST);
  const [blocked, masked, unresolved] = lists.map(({ part, packages }) =>
    renderBlocked(
      view,
      part,
      packages.map((pkg) => ({ pkg, culprits: pkg.standing.culprits })),
      cap,
    ),
  );
  return [blocked, renderMasked(view), masked, renderUnresolved(view), unresolved].join('');
}

/** Package paths for which make gave no record. */
export function renderScanFailures(view: ReportView): Html {
  const { scanFailures } = view.input;
  const rows = scanFailures.map((failure) => {
    const detail =
      failure.detail.trim() === ''
        ? ''
        : `<details class="broken"><summary>What make said</summary><pre>${renderLines(failure.detail)}</pre></details>`;
    return `<tr><td>${escapeHtml(failure.pkgpath)}<td class="wide">${renderReason(failure.reason)}${detail}`;
  });
  const columns = [
    { title: 'Path', kind: 'text' },
    { title: 'Reason', kind: 'wide' },
  ] as const;
  return renderSection(
    { id: 'scan', title: 'Scan failures', count: rows.length },
    renderTable('reasons', columns, rows),
    rows.length <= ROWS_OPEN,
  );
}

/** What a stopped build has left to do. */
export function renderOpen(view: ReportView): Html {
  const rows = selectOutcomes(view.outcomes, 'open').map(
    ({ record }) => `<tr><td>${escapeHtml(record.pkgname)}<td class="wide">${escapeHtml(record.pkgpath)}`,
  );
  const columns = [
    { title: 'Package', kind: 'text' },
    { title: 'Path', kind: 'wide' },
  ] as const;
  return renderSection(
    { id: 'open', title: 'Not built before the build stopped', count: rows.length },
    renderTable('reasons', columns, rows),
    rows.length <= ROWS_OPEN,
  );
}

function renderBlocked(
  view: ReportView,
  part: { readonly id: string; readonly title: string },
  packages: readonly { readonly pkg: PackageOutcome; readonly culprits: readonly PkgName[] }[],
  cap: number,
): Html {
  const rows = packages
    .toSorted((a, b) => compareText(a.pkg.record.pkgname, b.pkg.record.pkgname))
    .map(
      ({ pkg, culprits }) =>
        `<tr><td>${escapeHtml(pkg.record.pkgname)}<td class="wide names">${renderNames(view, culprits, cap)}`,
    );
  const columns = [
    { title: 'Package', kind: 'text' },
    { title: 'Because of', kind: 'wide' },
  ] as const;
  return renderSection(
    { ...part, count: rows.length },
    renderTable('culprits', columns, rows),
    rows.length <= ROWS_OPEN,
  );
}

function renderMasked(view: ReportView): Html {
  return renderReasons(
    { id: 'masked', title: 'Masked packages' },
    selectOutcomes(view.outcomes, 'prefailed').map((pkg) => ({ pkg, reason: pkg.standing.reason })),
  );
}

function renderUnresolved(view: ReportView): Html {
  return renderReasons(
    { id: 'unresolved', title: 'Packages whose dependencies cannot be resolved' },
    selectOutcomes(view.outcomes, 'unresolved').map((pkg) => ({ pkg, reason: pkg.standing.reason })),
  );
}

function renderReasons(
  part: { readonly id: string; readonly title: string },
  packages: readonly { readonly pkg: PackageOutcome; readonly reason: string }[],
): Html {
  const rows = packages
    .toSorted(
      (a, b) => b.pkg.breaks - a.pkg.breaks || compareText(a.pkg.record.pkgname, b.pkg.record.pkgname),
    )
    .map(
      ({ pkg, reason }) =>
        `<tr id="${rowId(pkg.index)}"><td>${escapeHtml(pkg.record.pkgname)}` +
        `<td class="number">${formatCount(pkg.breaks)}<td class="wide">${renderReason(reason)}`,
    );
  const columns = [
    { title: 'Package', kind: 'text' },
    { title: 'Breaks', kind: 'number' },
    { title: 'Reason', kind: 'wide' },
  ] as const;
  return renderSection(
    { ...part, count: rows.length },
    renderTable('reasons', columns, rows),
    rows.length <= ROWS_OPEN,
  );
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

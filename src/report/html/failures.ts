import { escapeHtml } from '../escape.ts';
import { formatCount, formatDuration } from '../format.ts';
import { listBroken, type OutcomeOf, type PackageOutcome } from '../outcomes.ts';
import type { ReportView } from '../view.ts';
import { type Html, type ListPart, renderNames, renderReason, rowId } from './markup.ts';

const TOP_BREAKERS = 10;
// With its tags no name takes less than 16 bytes, and half a page has 2.5 MB.
const NAMES_FIT = 160_000;

/**
 * How much of each failure is shown: names of what it breaks, and logs of stages other than the failed one.
 */
const DETAILS: readonly Detail[] = [
  { names: 2_000, hasLogs: true },
  { names: 100, hasLogs: true },
  { names: 20, hasLogs: true },
  { names: 3, hasLogs: false },
];

interface Detail {
  readonly names: number;
  readonly hasLogs: boolean;
}

/**
 * Every failed package with its stage, its reason, its logs and what it breaks; and the few that are worth
 * repairing first, above the others where those are many.
 */
export function listFailures(view: ReportView): readonly ListPart[] {
  const all: ListPart = {
    id: 'failed',
    title: 'Failed packages',
    table: 'failures',
    columns: [
      { title: 'Package', kind: 'wide' },
      { title: 'Failed in', kind: 'text' },
      { title: 'Breaks', kind: 'number' },
      { title: 'Maintainer', kind: 'text', isExtra: true },
      { title: 'Time', kind: 'number' },
    ],
    isOpen: true,
    share: 0.5,
    levels: listDetails(view).map(
      (detail) => () => view.failed.map((pkg) => renderFailure(view, pkg, detail)),
    ),
  };
  const top = listTopBreakers(view);
  return view.failed.length > TOP_BREAKERS ? [top, all] : [all, top];
}

/** Without those that cannot fit: making a million names only to see that takes seconds. */
function listDetails(view: ReportView): readonly Detail[] {
  const countNames = (most: number): number =>
    view.failed.reduce((sum, pkg) => sum + Math.min(pkg.breaks, most), 0);
  return DETAILS.filter((detail, at) => at === DETAILS.length - 1 || countNames(detail.names) <= NAMES_FIT);
}

function listTopBreakers(view: ReportView): ListPart {
  const top = view.failed.filter((pkg) => pkg.breaks > 0).slice(0, TOP_BREAKERS);
  const most = top[0]?.breaks ?? 1;
  const renderRow = (pkg: PackageOutcome): Html =>
    `<tr><td><a href="#${rowId(pkg.index)}">${escapeHtml(pkg.record.pkgname)}</a>` +
    `<td class="number">${formatCount(pkg.breaks)}<td class="wide">` +
    `<svg class="weight" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">` +
    `<rect class="failed" width="${((100 * pkg.breaks) / most).toFixed(1)}" height="10"/></svg>`;
  return {
    id: 'top',
    title: 'Breaking the most',
    table: 'top',
    columns: [
      { title: 'Package', kind: 'text' },
      { title: 'Breaks', kind: 'number' },
      { title: '', kind: 'wide' },
    ],
    isOpen: true,
    share: 1,
    levels: [() => top.map(renderRow)],
  };
}

function renderFailure(view: ReportView, pkg: OutcomeOf<'failed'>, detail: Detail): Html {
  const { record, standing, fact } = pkg;
  const stages = view.logs.listStages(record.pkgname);
  const stage = escapeHtml(standing.stage);
  const stageCell = stages.includes(standing.stage)
    ? `<a class="stage" href="${escapeHtml(view.logs.linkTo(record.pkgname, standing.stage))}">${stage}</a>`
    : `<span class="stage">${stage}</span>`;
  const infra = standing.class === 'infra' ? ' <span class="badge">trouble of hosts</span>' : '';
  const time = fact === undefined ? '' : formatDuration(fact.wallMs);
  const names = pkg.breaks === 0 ? [] : listBroken(view.outcomes, pkg);
  const broken =
    names.length === 0
      ? ''
      : `<details class="broken"><summary>What it breaks</summary>` +
        `<p class="names">${renderNames(view, names, detail.names)}</p></details>`;
  return [
    `<tbody id="${rowId(pkg.index)}"><tr><td><b>${escapeHtml(record.pkgname)}</b> `,
    `<span class="mute">${escapeHtml(record.pkgpath)}</span>${infra}`,
    `<td>${stageCell}<td>${formatCount(pkg.breaks)}<td>${escapeHtml(record.maintainer)}<td>${time}`,
    `<tr class="sub"><td colspan="5"><p class="why">${renderReason(standing.reason)}</p>`,
    `${renderRun(view, pkg, detail)}${broken}</tbody>`,
  ].join('');
}

function renderRun(view: ReportView, pkg: OutcomeOf<'failed'>, detail: Detail): Html {
  const { record, fact } = pkg;
  const stages = detail.hasLogs ? view.logs.listStages(record.pkgname) : [];
  const took = new Map(fact?.steps.map((step) => [step.step, step.wallMs]));
  const logs = stages.map((stage) => {
    const ms = took.get(stage);
    const time = ms === undefined ? '' : ` <i>${formatDuration(ms)}</i>`;
    return `<a href="${escapeHtml(view.logs.linkTo(record.pkgname, stage))}">${escapeHtml(stage)}</a>${time}`;
  });
  const run =
    fact === undefined
      ? []
      : [`<span>${escapeHtml(fact.slot)}, ${fact.jobs} job${fact.jobs === 1 ? '' : 's'}</span>`];
  const maintainer = `<span class="narrow">${escapeHtml(record.maintainer)}</span>`;
  const parts = [...(logs.length > 0 ? [`<span>Logs: ${logs.join(' · ')}</span>`] : []), ...run, maintainer];
  return `<p class="run">${parts.join(' ')}</p>`;
}

import { escapeHtml } from '../escape.ts';
import { formatCount, formatDuration } from '../format.ts';
import { listBroken, type OutcomeOf } from '../outcomes.ts';
import type { ReportView } from '../view.ts';
import { fitCap, type Html, renderNames, renderReason, renderSection, renderTable, rowId } from './markup.ts';

// 30,000 names are about a megabyte of page.
const NAMES_BUDGET = 30_000;
const NAMES_MOST = 2_000;
const TOP_BREAKERS = 10;

/** Every failed package with its stage, its reason, its logs and what it breaks. */
export function renderFailures(view: ReportView): Html {
  const cap = fitCap(
    view.failed.map((pkg) => pkg.breaks),
    NAMES_BUDGET,
    NAMES_MOST,
  );
  const table = renderTable(
    'failures',
    [
      { title: 'Package', kind: 'wide' },
      { title: 'Failed in', kind: 'text' },
      { title: 'Breaks', kind: 'number' },
      { title: 'Maintainer', kind: 'text', isExtra: true },
      { title: 'Time', kind: 'number' },
    ],
    view.failed.map((pkg) => renderFailure(view, pkg, cap)),
  );
  return renderSection({ id: 'failed', title: 'Failed packages', count: view.failed.length }, table, true);
}

/** The few failures that are worth repairing first. */
export function renderTopBreakers(view: ReportView): Html {
  const top = view.failed.filter((pkg) => pkg.breaks > 0).slice(0, TOP_BREAKERS);
  const most = top[0]?.breaks ?? 1;
  const rows = top.map(
    (pkg) =>
      `<tr><td><a href="#${rowId(pkg.index)}">${escapeHtml(pkg.record.pkgname)}</a>` +
      `<td class="number">${formatCount(pkg.breaks)}<td class="wide">` +
      `<svg class="weight" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">` +
      `<rect class="failed" width="${((100 * pkg.breaks) / most).toFixed(1)}" height="10"/></svg>`,
  );
  const table = renderTable(
    'top',
    [
      { title: 'Package', kind: 'text' },
      { title: 'Breaks', kind: 'number' },
      { title: '', kind: 'wide' },
    ],
    rows,
  );
  return renderSection({ id: 'top', title: 'Breaking the most', count: top.length }, table, true);
}

function renderFailure(view: ReportView, pkg: OutcomeOf<'failed'>, cap: number): Html {
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
      : `<details class="broken"><summary>What it breaks</summary><p class="names">${renderNames(view, names, cap)}</p></details>`;
  return `<tbody id="${rowId(pkg.index)}"><tr><td class="wide"><b>${escapeHtml(record.pkgname)}</b> <span class="mute">${escapeHtml(record.pkgpath)}</span>${infra}<td>${stageCell}<td class="number">${formatCount(pkg.breaks)}<td class="extra">${escapeHtml(record.maintainer)}<td class="number">${time}<tr class="sub"><td colspan="5"><p class="why">${renderReason(standing.reason)}</p>${renderRun(view, pkg)}${broken}</tbody>`;
}

function renderRun(view: ReportView, pkg: OutcomeOf<'failed'>): Html {
  const { record, fact } = pkg;
  const stages = view.logs.listStages(record.pkgname);
  const took = new Map(fact?.steps.map((step) => [step.step, step.wallMs]));
  const logs = stages.map((stage) => {
    const ms = took.get(stage);
    const time = ms === undefined ? '' : ` <span class="mute">${formatDuration(ms)}</span>`;
    return `<a href="${escapeHtml(view.logs.linkTo(record.pkgname, stage))}">${escapeHtml(stage)}</a>${time}`;
  });
  const run =
    fact === undefined
      ? []
      : [`<span class="mute">${escapeHtml(fact.slot)}, ${fact.jobs} job${fact.jobs === 1 ? '' : 's'}</span>`];
  const parts = [...(logs.length > 0 ? [`Logs: ${logs.join(' · ')}`] : []), ...run];
  return parts.length === 0 ? '' : `<p class="run">${parts.join(' · ')}</p>`;
}

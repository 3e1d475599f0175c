import { escapeHtml, shorten } from '../escape.ts';
import { formatCount, formatPlural } from '../format.ts';
import type { OutcomeOf } from '../outcomes.ts';
import type { ReportView } from '../view.ts';
import type { Html } from './markup.ts';

const ROWS_MAX = 100;
const REASON_CHARS = 400;

/** What the page has where scripts do not run: the failures that break most, and where the rest is. */
export function renderWithoutScript(view: ReportView): Html {
  const rows = view.failed.slice(0, ROWS_MAX).map((pkg) => renderRow(view, pkg));
  const table =
    rows.length === 0
      ? ''
      : `<table class="failures plain">
<thead><tr><th>Package<th>Failed in<th>Breaks<th>Maintainer<th>Why</thead>
${rows.join('\n')}
</table>
`;
  const left = view.failed.length - rows.length;
  const more = left > 0 ? `${formatPlural(left, 'more failed package')}, and all other` : 'All';
  return `<noscript>
<p class="note">The lists of this page need scripts. ${more} lists are in
<a href="report.txt">report.txt</a>.</p>
${table}</noscript>
`;
}

function renderRow(view: ReportView, { record, standing, breaks }: OutcomeOf<'failed'>): Html {
  const stage = escapeHtml(standing.stage);
  const hasLog = view.logs.listStages(record.pkgname).includes(standing.stage);
  const stageCell = hasLog
    ? `<a class="stage" href="${escapeHtml(view.logs.linkTo(record.pkgname, standing.stage))}">${stage}</a>`
    : `<span class="stage">${stage}</span>`;
  return (
    `<tr><td><b>${escapeHtml(record.pkgname)}</b> <span class="mute">${escapeHtml(record.pkgpath)}</span>` +
    `<td>${stageCell}<td>${formatCount(breaks)}<td>${escapeHtml(record.maintainer)}` +
    `<td>${escapeHtml(shorten(standing.reason, REASON_CHARS))}`
  );
}

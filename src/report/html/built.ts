import { escapeHtml } from '../escape.ts';
import { formatBytes, formatDuration } from '../format.ts';
import { type OutcomeOf, selectOutcomes } from '../outcomes.ts';
import { compareText, type ReportView } from '../view.ts';
import { type Html, renderSection, renderTable } from './markup.ts';

/** Every package that is there: folded, since a whole tree has 28,000 of them. */
export function renderBuilt(view: ReportView): Html {
  const built = selectOutcomes(view.outcomes, 'done').sort((a, b) =>
    compareText(a.record.pkgname, b.record.pkgname),
  );
  const table = renderTable(
    'built',
    [
      { title: 'Package', kind: 'text' },
      { title: 'Path', kind: 'wide', isExtra: true },
      { title: 'Time', kind: 'number' },
      { title: 'Jobs', kind: 'number', isExtra: true },
      { title: 'Size', kind: 'number' },
    ],
    built.map((pkg) => renderRow(view, pkg)),
  );
  return renderSection({ id: 'built', title: 'Built packages', count: built.length }, table, false);
}

function renderRow(view: ReportView, pkg: OutcomeOf<'done'>): Html {
  const { record, fact } = pkg;
  const name = escapeHtml(record.pkgname);
  const hasLogs = view.logs.listStages(record.pkgname).length > 0;
  const cell = hasLogs ? `<a href="${escapeHtml(view.logs.linkToDir(record.pkgname))}">${name}</a>` : name;
  const size = fact?.outcome.kind === 'built' ? formatBytes(fact.outcome.sizeBytes) : '';
  const time = fact === undefined ? '' : formatDuration(fact.wallMs);
  return `<tr><td>${cell}<td>${escapeHtml(record.pkgpath)}<td>${time}<td>${fact?.jobs ?? ''}<td>${size}`;
}

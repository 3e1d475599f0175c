import { escapeHtml } from '../escape.ts';
import { formatBytes, formatDuration } from '../format.ts';
import { type OutcomeOf, selectOutcomes } from '../outcomes.ts';
import { compareText, type ReportView } from '../view.ts';
import type { Html, ListPart } from './markup.ts';

/** Every package that is there: folded, since a whole tree has 28,000 of them. */
export function listBuilt(view: ReportView): ListPart {
  const built = selectOutcomes(view.outcomes, 'done').sort((a, b) =>
    compareText(a.record.pkgname, b.record.pkgname),
  );
  return {
    id: 'built',
    title: 'Built packages',
    table: 'built',
    columns: [
      { title: 'Package', kind: 'text' },
      { title: 'Path', kind: 'wide', isExtra: true },
      { title: 'Time', kind: 'number' },
      { title: 'Jobs', kind: 'number', isExtra: true },
      { title: 'Size', kind: 'number' },
    ],
    isOpen: false,
    share: 1,
    levels: [true, false].map((hasLinks) => () => built.map((pkg) => renderRow(view, pkg, hasLinks))),
  };
}

function renderRow(view: ReportView, pkg: OutcomeOf<'done'>, hasLinks: boolean): Html {
  const { record, fact } = pkg;
  const name = escapeHtml(record.pkgname);
  const isLinked = hasLinks && view.logs.listStages(record.pkgname).length > 0;
  const cell = isLinked ? `<a href="${escapeHtml(view.logs.linkToDir(record.pkgname))}">${name}</a>` : name;
  const size = fact?.outcome.kind === 'built' ? formatBytes(fact.outcome.sizeBytes) : '';
  const time = fact === undefined ? '' : formatDuration(fact.wallMs);
  return `<tr><td>${cell}<td>${escapeHtml(record.pkgpath)}<td>${time}<td>${fact?.jobs ?? ''}<td>${size}`;
}

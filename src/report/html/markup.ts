import type { PkgName } from '../../pkgsrc/package.ts';
import { escapeHtml, shorten } from '../escape.ts';
import { formatCount } from '../format.ts';
import type { ReportView } from '../view.ts';

/** HTML that is safe to put on the page. Made of escaped text and our own tags only. */
export type Html = string;

/** One foldable list of the page, which can be written in more or less detail. */
export interface ListPart {
  readonly id: string;
  readonly title: string;
  /** Class of its table. */
  readonly table: string;
  readonly columns: readonly Column[];
  readonly isOpen: boolean;
  /** Part of the page's room that is left when its turn comes, 0 to 1. */
  readonly share: number;
  /** The same rows, the most detailed form first. */
  readonly levels: readonly (() => readonly Html[])[];
}

export interface Column {
  readonly title: string;
  /** `number`: right-aligned, sorted by value (times and sizes too). `wide`: takes what room is left. */
  readonly kind: 'text' | 'number' | 'wide';
  /** Left out on narrow screens. */
  readonly isExtra?: boolean;
}

/**
 * Writes a list in the most detail that fits into `budgetBytes`; where even the least does not fit, as many
 * rows as do, and says so. An empty list is no part of the page.
 */
export function renderList(part: ListPart, budgetBytes: number): Html {
  const { rows, isWhole } = fitRows(part.levels, budgetBytes);
  const [first] = part.levels;
  const count = isWhole ? rows.length : (first?.().length ?? 0);
  if (count === 0) return '';
  const note = isWhole
    ? ''
    : `<p class="note">The first ${formatCount(rows.length)} of them; report.json has all.</p>\n`;
  return `<details class="part" id="${part.id}"${part.isOpen ? ' open' : ''}>
<summary><h2>${escapeHtml(part.title)} <span class="count">${formatCount(count)}</span></h2></summary>
${note}${renderTable(part, rows)}</details>
`;
}

/**
 * A table whose head sorts it where scripts run. Rows are whole `<tr>` or, where several belong together,
 * `<tbody>` elements. End tags that HTML lets us leave out are left out: a whole tree has 30,000 rows.
 */
function renderTable(part: ListPart, rows: readonly Html[]): Html {
  const head = part.columns.map((column) => {
    const classes = [column.kind, ...(column.isExtra === true ? ['extra'] : [])].join(' ');
    return `<th class="${classes}" scope="col">${escapeHtml(column.title)}`;
  });
  return `<table class="${part.table}"><thead><tr>${head.join('')}</thead>\n${rows.join('\n')}\n</table>\n`;
}

function fitRows(
  levels: ListPart['levels'],
  budgetBytes: number,
): { readonly rows: readonly Html[]; readonly isWhole: boolean } {
  let last: readonly Html[] = [];
  for (const level of levels) {
    last = level();
    if (countFitting(last, budgetBytes) === last.length) return { rows: last, isWhole: true };
  }
  return { rows: last.slice(0, countFitting(last, budgetBytes)), isWhole: false };
}

function countFitting(rows: readonly Html[], budgetBytes: number): number {
  let bytes = 0;
  const tooMany = rows.findIndex((row) => {
    bytes += Buffer.byteLength(row) + 1;
    return bytes > budgetBytes;
  });
  return tooMany < 0 ? rows.length : tooMany;
}

/** Names with the failed or masked ones among them linked to their rows, and how many more there are. */
export function renderNames(view: ReportView, names: readonly PkgName[], cap: number): Html {
  const shown = names.slice(0, cap).map((name) => renderName(view, name));
  if (names.length > cap) shown.push(`<span class="more">and ${formatCount(names.length - cap)} more</span>`);
  return shown.join(' ');
}

/** The id of a package's row. */
export function rowId(index: number): string {
  return `p${index}`;
}

/** A reason in full if it is of sane length; report.json has all of it. */
export function renderReason(reason: string): Html {
  return escapeHtml(shorten(reason, REASON_CHARS));
}

/**
 * Parts of a whole as one bar; the words beside it say the same, so it is hidden from readers of the screen.
 */
export function renderBar(parts: readonly { readonly value: number; readonly tone: string }[]): Html {
  const total = parts.reduce((sum, part) => sum + part.value, 0);
  let at = 0;
  const rects = parts
    .filter((part) => part.value > 0)
    .map((part) => {
      const width = total === 0 ? 0 : (1_000 * part.value) / total;
      const x = at;
      at += width;
      return `<rect class="${part.tone}" x="${x.toFixed(1)}" width="${width.toFixed(1)}" height="10"/>`;
    });
  return `<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
${rects.join('')}</svg>
`;
}

const REASON_CHARS = 400;

function renderName(view: ReportView, name: PkgName): Html {
  const index = view.rows.get(name);
  const text = escapeHtml(name);
  return index === undefined ? `<span>${text}</span>` : `<a href="#${rowId(index)}">${text}</a>`;
}

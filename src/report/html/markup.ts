import type { PkgName } from '../../pkgsrc/package.ts';
import { escapeHtml, shorten } from '../escape.ts';
import { formatCount } from '../format.ts';
import type { ReportView } from '../view.ts';

/** HTML that is safe to put on the page. Made of escaped text and our own tags only. */
export type Html = string;

/** One foldable part of the page; an empty string when it has nothing to show. */
export function renderSection(
  part: { readonly id: string; readonly title: string; readonly count: number; readonly note?: string },
  body: Html,
  isOpen: boolean,
): Html {
  if (part.count === 0) return '';
  const note = part.note === undefined ? '' : `<p class="note">${escapeHtml(part.note)}</p>\n`;
  return `<details class="part" id="${part.id}"${isOpen ? ' open' : ''}>
<summary><h2>${escapeHtml(part.title)} <span class="count">${formatCount(part.count)}</span></h2></summary>
${note}${body}</details>
`;
}

export interface Column {
  readonly title: string;
  /** `number`: right-aligned, sorted by value (times and sizes too). `wide`: takes what room is left. */
  readonly kind: 'text' | 'number' | 'wide';
  /** Left out on narrow screens. */
  readonly isExtra?: boolean;
}

/**
 * A table whose head sorts it where scripts run. `rows` holds whole `<tr>` or, for rows that belong together,
 * `<tbody>` elements. End tags that HTML lets us leave out are left out: a whole tree has 30,000 rows.
 */
export function renderTable(name: string, columns: readonly Column[], rows: readonly Html[]): Html {
  const head = columns.map((column) => {
    const classes = [column.kind, ...(column.isExtra === true ? ['extra'] : [])].join(' ');
    return `<th class="${classes}" scope="col">${escapeHtml(column.title)}`;
  });
  return `<table class="${name}"><thead><tr>${head.join('')}</thead>\n${rows.join('\n')}\n</table>\n`;
}

/** Lists of names get shorter until all of them together are at most `budget`, so that no tree makes a page too large. */
export function fitCap(lengths: readonly number[], budget: number, most: number): number {
  const total = (cap: number): number => lengths.reduce((sum, length) => sum + Math.min(length, cap), 0);
  let cap = most;
  while (cap > FEWEST_NAMES && total(cap) > budget) cap = Math.max(FEWEST_NAMES, Math.floor(cap / 2));
  return cap;
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

/** Parts of a whole as one bar; the words beside it say the same, so it is hidden from readers of the screen. */
export function renderBar(parts: readonly { readonly value: number; readonly tone: string }[]): Html {
  const total = parts.reduce((sum, part) => sum + part.value, 0);
  let at = 0;
  const rects = parts
    .filter((part) => part.value > 0)
    .map((part) => {
      const width = total === 0 ? 0 : (1_000 * part.value) / total;
      const rect = `<rect class="${part.tone}" x="${at.toFixed(1)}" width="${width.toFixed(1)}" height="10"/>`;
      at += width;
      return rect;
    });
  return `<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">${rects.join('')}</svg>\n`;
}

const REASON_CHARS = 400;
const FEWEST_NAMES = 3;

function renderName(view: ReportView, name: PkgName): Html {
  const index = view.rows.get(name);
  const text = escapeHtml(name);
  return index === undefined ? `<span>${text}</span>` : `<a href="#${rowId(index)}">${text}</a>`;
}

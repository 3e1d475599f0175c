import { escapeLine } from './escape.ts';
import { type Look, measureText, paint, type Tone } from './text.ts';

/** A column: its title, and how its cells are read off a row. */
export interface Column<Row> {
  readonly title: string;
  readonly align?: 'left' | 'right';
  readonly tone?: (row: Row) => Tone;
  cell(row: Row): string;
}

const gap = '  ';

/**
 * Rows under titles, columns as wide as their widest cell. Nothing is cut: a terminal wraps, a pipe gets all. Cells may
 * hold anything; no control character gets through.
 */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  look: Look,
): string[] {
  const cells = rows.map((row) => columns.map((column) => escapeLine(column.cell(row))));
  const widths = columns.map((column, at) =>
    cells.reduce((widest, line) => Math.max(widest, measureText(line[at] ?? '')), measureText(column.title)),
  );
  const drawLine = (texts: readonly string[], toneOf: (at: number) => Tone): string =>
    texts
      .map((text, at) => {
        const fill = ' '.repeat(Math.max(0, (widths[at] ?? 0) - measureText(text)));
        const painted = paint(text, toneOf(at), look);
        if (columns[at]?.align === 'right') return fill + painted;
        return at === texts.length - 1 ? painted : painted + fill;
      })
      .join(gap)
      .trimEnd();
  const head = drawLine(
    columns.map(({ title }) => title),
    () => 'dim',
  );
  const body = rows.map((row, index) =>
    drawLine(cells[index] ?? [], (at) => columns[at]?.tone?.(row) ?? 'plain'),
  );
  return [head, ...body];
}

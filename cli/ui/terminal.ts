/** What a live area needs of a terminal stream. */
export interface TerminalStream {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): boolean;
}

/**
 * Lines at the end of the terminal that are drawn again and again in place, with permanent lines going in
 * above them. Nothing it writes scrolls or wraps as long as lines fit the width given to their renderer.
 */
export interface LiveArea {
  /** Shows these lines in place of the last ones. */
  draw(lines: readonly string[]): void;
  /** Puts permanent lines above the area. */
  print(lines: readonly string[]): void;
  /** Removes the area and gives the cursor back; `print` goes on to work. */
  close(): void;
}

const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
/** Synchronised output: terminals that know it show a frame whole; others ignore it. */
const frameStart = '\x1b[?2026h';
const frameEnd = '\x1b[?2026l';

/**
 * Opens a live area. The cursor is hidden until `close`, and comes back on whatever exit of the process that
 * runs its `exit` listeners.
 */
export function openLiveArea(stream: TerminalStream): LiveArea {
  let drawn: readonly string[] = [];
  let drawnColumns = 0;
  let open = true;
  const restore = (): void => {
    if (open) stream.write(showCursor);
  };
  process.once('exit', restore);
  stream.write(hideCursor);

  const paint = (above: readonly string[], lines: readonly string[]): void => {
    const columns = measureTerminal(stream).columns;
    if (above.length === 0 && columns === drawnColumns && isSame(lines, drawn)) return;
    const up = countRows(drawn, columns);
    // Each line is written over the old one and its rest cleared: no blank frame in between, hence no
    // flicker.
    const back = up === 0 ? '' : `\x1b[${up}A`;
    const text = [...above, ...lines].map((line) => `${line}\x1b[K\n`).join('');
    stream.write(`${frameStart}\r${back}${text}\x1b[J${frameEnd}`);
    drawn = lines;
    drawnColumns = columns;
  };
  return {
    draw: (lines) => {
      if (open) paint([], lines);
    },
    print: (lines) => {
      if (open) paint(lines, drawn);
      else stream.write(lines.map((line) => `${line}\n`).join(''));
    },
    close: () => {
      if (!open) return;
      paint([], []);
      stream.write(showCursor);
      open = false;
      process.removeListener('exit', restore);
    },
  };
}

/** The size of a terminal; serial lines and some pseudo-terminals say 0 by 0, and mean that they do not know. */
export function measureTerminal(stream: TerminalStream): { readonly columns: number; readonly rows: number } {
  return { columns: stream.columns || 80, rows: stream.rows || 24 };
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index]);
}

/**
 * Rows that the lines take now: a terminal made narrower has wrapped the lines that were drawn for its old
 * width.
 */
function countRows(lines: readonly string[], columns: number): number {
  let rows = 0;
  for (const line of lines) {
    const length = line.replace(/\x1b\[[0-9;]*m/g, '').length;
    rows += Math.max(1, Math.ceil(length / Math.max(1, columns)));
  }
  return rows;
}

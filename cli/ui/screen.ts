import { type Key, readKeys } from './keys.ts';
import { measureTerminal } from './terminal.ts';

/** The whole of a terminal, until it is closed: what was on it comes back then. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  /** Shows these lines, at most as many as there are rows, all shorter than there are columns. */
  draw(lines: readonly string[]): void;
  close(): void;
}

const enter = '\x1b[?1049h\x1b[?25l';
const leave = '\x1b[?25h\x1b[?1049l';
/** Synchronised output: terminals that know it show a frame whole; others ignore it. */
const frameStart = '\x1b[?2026h';
const frameEnd = '\x1b[?2026l';

/** What a screen tells whoever opened it. */
export interface ScreenEvents {
  onKey(key: Key): void;
  /** It has another size, or something else has been on it: it is to be drawn again. */
  onChange(): void;
}

/**
 * Takes the terminal, which both streams must be. It is given back by `close`, and on whatever exit of the process that runs its
 * `exit` listeners; signals are the caller's to turn into one of the two.
 */
export function openScreen(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
  events: ScreenEvents,
): Screen {
  let isOpen = true;
  const hear = (text: string): void => {
    for (const key of readKeys(text)) events.onKey(key);
  };
  const wake = (): void => {
    // Whoever had the terminal meanwhile has set it up for himself.
    input.setRawMode(true);
    output.write(enter);
    events.onChange();
  };
  const restore = (): void => {
    if (!isOpen) return;
    isOpen = false;
    input.setRawMode(false);
    output.write(leave);
  };
  process.once('exit', restore);
  process.on('SIGCONT', wake);
  output.on('resize', events.onChange);
  input.setRawMode(true);
  input.setEncoding('utf8').on('data', hear);
  output.write(enter);
  return {
    get columns() {
      return measureTerminal(output).columns;
    },
    get rows() {
      return measureTerminal(output).rows;
    },
    draw: (lines) => {
      if (!isOpen) return;
      const { rows } = measureTerminal(output);
      const text = lines
        .slice(0, rows)
        .map((line) => `${line}\x1b[K`)
        .join('\r\n');
      output.write(`${frameStart}\x1b[H${text}\x1b[J${frameEnd}`);
    },
    close: () => {
      restore();
      process.removeListener('exit', restore);
      process.removeListener('SIGCONT', wake);
      output.removeListener('resize', events.onChange);
      input.removeListener('data', hear);
      input.pause();
    },
  };
}

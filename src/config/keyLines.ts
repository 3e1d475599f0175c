/** The line, from 1, on which each key and list item of a TOML text stands; by its path joined with NUL. */
export type KeyLines = ReadonlyMap<string, number>;

const blank = /(?:[ \t\r\n]|#[^\n]*)+/y;
const header = /\[\[?/y;
const headerEnd = /[ \t]*\]\]?/y;
const keyPart = /[ \t]*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|([A-Za-z0-9_-]+))[ \t]*/y;
const quoted = /"""(?:[^\\]|\\[\s\S])*?"{3,5}|'''[\s\S]*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y;
const bare = /[^,[\]{}\n#]+/y;

/**
 * Finds the line of every key, so that a message about a value can say where it stands; the parser itself
 * gives lines for syntax errors only. The text must be valid TOML: where it is not understood, the search
 * ends with what was found so far.
 */
export const findKeyLines = (text: string): KeyLines => {
  const scan = new Scan(text);
  let table: readonly string[] = [];
  for (;;) {
    scan.take(blank);
    if (scan.take(header) !== undefined) {
      const start = scan.line();
      table = scan.takeKey();
      scan.note(table, start);
      if (scan.take(headerEnd) === undefined) return scan.lines;
    } else if (!takePair(scan, table)) {
      return scan.lines;
    }
  }
};

const takePair = (scan: Scan, table: readonly string[]): boolean => {
  const start = scan.line();
  const key = scan.takeKey();
  if (key.length === 0 || !scan.takeChar('=')) return false;
  const path = [...table, ...key];
  scan.note(path, start);
  return takeValue(scan, path);
};

const takeValue = (scan: Scan, path: readonly string[]): boolean => {
  scan.take(blank);
  if (scan.takeChar('[')) return takeItems(scan, path);
  if (scan.takeChar('{')) return takeInline(scan, path);
  return (scan.take(quoted) ?? scan.take(bare)) !== undefined;
};

const takeItems = (scan: Scan, path: readonly string[]): boolean => {
  for (let index = 0; ; index += 1) {
    scan.take(blank);
    if (scan.takeChar(']')) return true;
    const item = [...path, String(index)];
    scan.note(item, scan.line());
    if (!takeValue(scan, item)) return false;
    scan.take(blank);
    scan.takeChar(',');
  }
};

const takeInline = (scan: Scan, path: readonly string[]): boolean => {
  for (;;) {
    scan.take(blank);
    if (scan.takeChar('}')) return true;
    if (!takePair(scan, path)) return false;
    scan.take(blank);
    scan.takeChar(',');
  }
};

/** A position in the text that only moves forward. */
class Scan {
  readonly lines = new Map<string, number>();
  readonly #text: string;
  #at = 0;
  #counted = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text) ?? undefined;
    if (match !== undefined) this.#at = pattern.lastIndex;
    return match;
  }

  takeChar(char: string): boolean {
    const here = this.#text[this.#at] === char;
    if (here) this.#at += 1;
    return here;
  }

  /** A dotted key; empty when there is none. */
  takeKey(): readonly string[] {
    const parts: string[] = [];
    do {
      const match = this.take(keyPart);
      if (match === undefined) return [];
      parts.push(match[1] ?? match[2] ?? match[3] ?? '');
    } while (this.takeChar('.'));
    return parts;
  }

  /** The line of the present position. */
  line(): number {
    for (; this.#counted < this.#at; this.#counted += 1) {
      if (this.#text[this.#counted] === '\n') this.#line += 1;
    }
    return this.#line;
  }

  note(path: readonly string[], line: number): void {
    const name = path.join('\0');
    if (!this.lines.has(name)) this.lines.set(name, line);
  }
}

/** The line of `path`, or of the nearest thing around it that has one. */
export const lineOf = (lines: KeyLines, path: readonly string[]): number | undefined => {
  for (let length = path.length; length > 0; length -= 1) {
    const line = lines.get(path.slice(0, length).join('\0'));
    if (line !== undefined) return line;
  }
  return undefined;
};

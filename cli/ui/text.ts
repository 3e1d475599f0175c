import { styleText } from 'node:util';

/** Text in columns of a terminal: measured, cut and coloured, in this order, so that colours never count. */
export type Tone = 'plain' | 'dim' | 'bold' | 'red' | 'green' | 'yellow' | 'cyan';

/** A run of characters in one tone; holds no control characters. */
export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

/** What the terminal can show. */
export interface Look {
  readonly colour: boolean;
  /** False: ASCII only. */
  readonly unicode: boolean;
}

/** Makes a span. */
export function span(text: string, tone: Tone = 'plain'): Span {
  return { text, tone };
}

/** The spans as one string, in colours if `look` has them, cut to `width` columns with a mark at the cut. */
export function drawSpans(spans: readonly Span[], width: number, look: Look): string {
  const total = spans.reduce((sum, part) => sum + measureText(part.text), 0);
  let room = total <= width ? width : width - 1;
  let out = '';
  for (const part of spans) {
    const text = takeColumns(part.text, room);
    room -= measureText(text);
    out += paint(text, part.tone, look);
    if (text.length < part.text.length) break;
  }
  if (total > width && width > 0) out += paint(look.unicode ? '…' : '>', 'dim', look);
  return out;
}

/** The text with blanks to fill `width`, cut with a mark when it is longer. */
export function fitText(text: string, width: number, look: Look): string {
  const columns = measureText(text);
  if (columns <= width) return text + ' '.repeat(width - columns);
  if (width <= 0) return '';
  const head = takeColumns(text, width - 1);
  return head + (look.unicode ? '…' : '>') + ' '.repeat(width - 1 - measureText(head));
}

/** Columns that the text takes on a terminal: 2 for wide characters, 0 for combining ones. */
export function measureText(text: string): number {
  let columns = 0;
  for (const char of text) columns += charWidth(char);
  return columns;
}

/** The text in a tone, or as it is where colours are off. */
export function paint(text: string, tone: Tone, look: Look): string {
  if (!look.colour || tone === 'plain' || text === '') return text;
  return styleText(tone, text, { validateStream: false });
}

function takeColumns(text: string, width: number): string {
  let columns = 0;
  let taken = '';
  for (const char of text) {
    columns += charWidth(char);
    if (columns > width) break;
    taken += char;
  }
  return taken;
}

const combining = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** First and last of each block of wide characters: Hangul, CJK and its punctuation, full forms, pictures. */
const wideBlocks: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
];

function charWidth(char: string): number {
  if (char < '\u0300') return 1;
  if (combining.test(char)) return 0;
  const code = char.codePointAt(0) ?? 0;
  return wideBlocks.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

/**
 * Makes text from a build safe to show: what a package prints must never reach the terminal as a command to
 * it (titles, clipboard, cursor, colours), nor hide text by reversing its direction.
 */

/** Escape sequences, longest form first; an unfinished one goes to the end of its line. */
const sequences = new RegExp(
  [
    // CSI: parameters, intermediates, one final byte.
    /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?/,
    // OSC, ended by BEL or ST.
    /(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?/,
    // DCS, SOS, PM and APC, ended by ST.
    /(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c\n]*(?:\x1b\\|\x9c)?/,
    // All others.
    /\x1b[ -/]*[0-~]?/,
  ]
    .map((form) => form.source)
    .join('|'),
  'g',
);
/** C0 but tab and newline, DEL, C1, the bidirectional controls and the line separators. */
const controls = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/**
 * One line without any control character: sequences are dropped, tabs and newlines become a blank, what is
 * left of other controls is shown as `\xNN` or `\u{NNNN}`.
 */
export function escapeLine(text: string): string {
  return escapeText(text).replace(/[\t\n]+/g, ' ');
}

/**
 * Like `escapeLine` for many lines: newlines and tabs stay, `\r\n` becomes `\n`, a bare `\r` starts a new
 * line.
 */
export function escapeText(text: string): string {
  return text
    .replace(sequences, '')
    .replace(/\r+\n?/g, '\n')
    .replace(controls, showControl);
}

function showControl(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`;
}

/** A line longer than this is escaped in pieces: a build that prints without end must not fill the memory. */
const lineCharsMax = 256 * 1024;

/** `escapeText` for a stream of any length, whole lines at a time, so that no sequence is cut in two. */
export async function* escapeStream(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunks) {
    rest += chunk;
    const end = rest.lastIndexOf('\n') + 1;
    const ready = end > 0 ? end : rest.length > lineCharsMax ? rest.length : 0;
    if (ready === 0) continue;
    yield escapeText(rest.slice(0, ready));
    rest = rest.slice(ready);
  }
  if (rest !== '') yield escapeText(rest);
}

/**
 * What packages say of themselves (names, reasons, maintainers) reaches a page or a terminal only through
 * here: package code is not trusted.
 */

/** For HTML text and quoted attributes. Controls, and marks that reorder text, become visible escapes. */
export function escapeHtml(text: string): string {
  return escapeText(text).replace(/[&<>"']/g, (char) => HTML_ENTITIES.get(char) ?? char);
}

/** For a text file or a terminal: one line, no control sequence, no reordering of what follows. */
export function escapeText(text: string): string {
  return text.replace(UNPRINTABLE, (char) => {
    const code = char.codePointAt(0) ?? 0;
    if (char === '\n' || char === '\t') return ' ';
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** At most `max` UTF-16 units, never half a character, with an ellipsis for what is left out. */
export function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** A relative URL from path segments, each of which stays one segment whatever it holds. */
export function toRelativeUrl(segments: readonly string[]): string {
  return segments.map((part) => (part === '..' ? part : encodeURIComponent(part.toWellFormed()))).join('/');
}

const HTML_ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

// C0, DEL, C1, line separators, bidirectional marks, lone surrogates, byte order mark.
const UNPRINTABLE = new RegExp(
  [
    String.raw`[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]`,
    String.raw`[\ud800-\udbff](?![\udc00-\udfff])`,
    String.raw`(?<![\ud800-\udbff])[\udc00-\udfff]`,
  ].join('|'),
  'g',
);

/** The `KEY=value` lines of one record. `offset` counts lines from the record's first, from 0. */
export type FieldsRead =
  | { readonly kind: 'blank' | 'fields'; readonly fields: ReadonlyMap<string, string> }
  | {
      readonly kind: 'malformed';
      /** What stood before the trouble. */
      readonly fields: ReadonlyMap<string, string>;
      readonly reason: string;
      readonly offset: number;
    };

const KEY = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const KEYS_NEEDED = ['PKGNAME', 'ALL_DEPENDS', 'PKG_SKIP_REASON', 'PKG_FAIL_REASON'] as const;
/** Nine tenths of a scan, and nobody wants it as text. */
const KEY_UNREAD = 'SCAN_DEPENDS';
const UNREAD_LINE = Buffer.from(`\n${KEY_UNREAD}=`);
const NEWLINE = 10;

/**
 * Reads one record. It is malformed when a line is no `KEY=value`, a key comes twice, a key that resolving needs is
 * absent, a byte is NUL, or the last line has no newline: a record that was cut short could lack dependencies, and
 * would then be built without them.
 */
export function readFields(bytes: Buffer): FieldsRead {
  const fields = new Map<string, string>();
  const malformed = (reason: string, offset: number): FieldsRead => {
    return { kind: 'malformed', fields, reason, offset };
  };
  const unread = bytes.indexOf(UNREAD_LINE) + 1;
  const unreadEnd = unread === 0 ? -1 : bytes.indexOf(NEWLINE, unread);
  // An unread line that is cut short is read as any other, and refused.
  const before = readLines(bytes.toString('utf8', 0, unreadEnd < 0 ? bytes.length : unread), fields);
  if (before.reason !== undefined) return malformed(before.reason, before.lines);
  if (unreadEnd >= 0) {
    fields.set(KEY_UNREAD, '');
    const after = readLines(bytes.toString('utf8', unreadEnd + 1), fields);
    if (after.reason !== undefined) return malformed(after.reason, before.lines + 1 + after.lines);
  }
  if (fields.size === 0) return { kind: 'blank', fields };
  if (bytes.includes(0)) return malformed('a NUL byte', 0);
  const missing = KEYS_NEEDED.find((key) => !fields.has(key));
  if (missing !== undefined) return malformed(`no ${missing}`, 0);
  return { kind: 'fields', fields };
}

/** Newlines in the bytes. */
export function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}

/** Adds whole lines to the fields. `lines` counts those that were good; with a reason the next one is not. */
function readLines(
  text: string,
  fields: Map<string, string>,
): { readonly lines: number; readonly reason?: string } {
  let lines = 0;
  for (let at = 0; at < text.length; lines += 1) {
    const end = text.indexOf('\n', at);
    if (end < 0) return { lines, reason: 'the last line is cut short' };
    const reason = readLine(text.slice(at, end), fields);
    if (reason !== undefined) return { lines, reason };
    at = end + 1;
  }
  return { lines };
}

function readLine(line: string, fields: Map<string, string>): string | undefined {
  const equals = line.indexOf('=');
  const key = line.slice(0, Math.max(equals, 0));
  if (!KEY.test(key)) {
    return line.trim() === '' ? undefined : `${JSON.stringify(line.slice(0, 60))} is no KEY=value`;
  }
  if (fields.has(key)) return `${key} comes twice`;
  fields.set(key, line.slice(equals + 1));
  return undefined;
}

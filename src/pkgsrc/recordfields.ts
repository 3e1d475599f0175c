/** The lines of a record that somebody reads, all of one shape so that tens of thousands stay cheap. */
const NO_FIELDS = {
  PKGNAME: undefined,
  PKG_LOCATION: undefined,
  ALL_DEPENDS: undefined,
  PKG_SKIP_REASON: undefined,
  PKG_FAIL_REASON: undefined,
  NO_BIN_ON_FTP: undefined,
  RESTRICTED: undefined,
  CATEGORIES: undefined,
  MAINTAINER: undefined,
  USE_DESTDIR: undefined,
  BOOTSTRAP_PKG: undefined,
  USERGROUP_PHASE: undefined,
  SCAN_DEPENDS: undefined,
  PBULK_WEIGHT: undefined,
  MAKE_JOBS_SAFE: undefined,
  MULTI_VERSION: undefined,
  DEPENDS: undefined,
} as const;

type FieldKey = keyof typeof NO_FIELDS;

/** Values as printed, undefined where the record has no such line. SCAN_DEPENDS is '' when it is there. */
export type RecordFields = { readonly [Key in FieldKey]: string | undefined };
type FieldsDraft = { -readonly [Key in FieldKey]: string | undefined };

export type FieldsRead =
  /** Nothing but blank lines. */
  | { readonly kind: 'blank' }
  | { readonly kind: 'fields'; readonly fields: RecordFields }
  | {
      readonly kind: 'malformed';
      /** '' when the trouble stands before it. */
      readonly pkgname: string;
      readonly reason: string;
      /** Lines from the record's first, from 0. */
      readonly offset: number;
    };

const KEY = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const KEYS_NEEDED = ['PKGNAME', 'ALL_DEPENDS', 'PKG_SKIP_REASON', 'PKG_FAIL_REASON'] as const;
/** Nine tenths of a scan, and nobody wants it as text. */
const UNREAD_LINE = Buffer.from('\nSCAN_DEPENDS=');
const NEWLINE = 10;

/**
 * Reads one record of `KEY=value` lines. It is malformed when a line is none, a key comes twice, a key that resolving
 * needs is absent, a byte is NUL, or the last line has no newline: a record that was cut short could lack dependencies,
 * and would then be built without them.
 */
export function readFields(bytes: Buffer): FieldsRead {
  const fields: FieldsDraft = { ...NO_FIELDS };
  const malformed = (reason: string, offset: number): FieldsRead => {
    return { kind: 'malformed', pkgname: fields.PKGNAME ?? '', reason, offset };
  };
  const unread = bytes.indexOf(UNREAD_LINE) + 1;
  const unreadEnd = unread === 0 ? -1 : bytes.indexOf(NEWLINE, unread);
  // An unread line that is cut short is read as any other, and refused.
  const before = readLines(bytes.toString('utf8', 0, unreadEnd < 0 ? bytes.length : unread), fields);
  if (before.reason !== undefined) return malformed(before.reason, before.lines);
  let keys = before.keys;
  if (unreadEnd >= 0) {
    fields.SCAN_DEPENDS = '';
    const after = readLines(bytes.toString('utf8', unreadEnd + 1), fields);
    if (after.reason !== undefined) return malformed(after.reason, before.lines + 1 + after.lines);
    keys += 1 + after.keys;
  }
  if (keys === 0) return { kind: 'blank' };
  if (bytes.includes(0)) return malformed('a NUL byte', 0);
  const missing = KEYS_NEEDED.find((key) => fields[key] === undefined);
  if (missing !== undefined) return malformed(`no ${missing}`, 0);
  return { kind: 'fields', fields };
}

/** Newlines in the bytes. */
export function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}

interface LinesRead {
  /** Lines that were good; with a reason, the next one is not. */
  readonly lines: number;
  /** Lines that were not blank. */
  readonly keys: number;
  readonly reason?: string;
}

function readLines(text: string, fields: FieldsDraft): LinesRead {
  let lines = 0;
  let keys = 0;
  for (let at = 0; at < text.length; lines += 1) {
    const end = text.indexOf('\n', at);
    if (end < 0) return { lines, keys, reason: 'the last line is cut short' };
    const equals = text.indexOf('=', at);
    const key = equals < 0 || equals > end ? '' : text.slice(at, equals);
    if (isFieldKey(key)) {
      if (fields[key] !== undefined) return { lines, keys, reason: `${key} comes twice` };
      fields[key] = text.slice(equals + 1, end);
      keys += 1;
    } else if (KEY.test(key)) {
      keys += 1;
    } else {
      const line = text.slice(at, end);
      if (line.trim() !== '') {
        return { lines, keys, reason: `${JSON.stringify(line.slice(0, 60))} is no KEY=value` };
      }
    }
    at = end + 1;
  }
  return { lines, keys };
}

const isFieldKey = (key: string): key is FieldKey => Object.hasOwn(NO_FIELDS, key);

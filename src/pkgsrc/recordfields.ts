import type { WordTable } from './wordtable.ts';

/** The keys that somebody reads, in the order in which make prints them. */
const KEYS = [
  'PKGNAME',
  'PKG_LOCATION',
  'ALL_DEPENDS',
  'PKG_SKIP_REASON',
  'PKG_FAIL_REASON',
  'NO_BIN_ON_FTP',
  'RESTRICTED',
  'CATEGORIES',
  'MAINTAINER',
  'USE_DESTDIR',
  'BOOTSTRAP_PKG',
  'USERGROUP_PHASE',
  'SCAN_DEPENDS',
  'PBULK_WEIGHT',
  'MAKE_JOBS_SAFE',
  'MULTI_VERSION',
  'DEPENDS',
] as const;

export type FieldKey = (typeof KEYS)[number];

/** What a record turned out to be. */
export type RecordShape =
  /** Nothing but blank lines. */
  | { readonly kind: 'blank' }
  | { readonly kind: 'fields' }
  | {
      readonly kind: 'malformed';
      readonly reason: string;
      /** Lines from the record's first, from 0. */
      readonly offset: number;
    };

const KEY = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const KEY_BYTES_MAX = 200;
const KEYS_NEEDED = ['PKGNAME', 'ALL_DEPENDS', 'PKG_SKIP_REASON', 'PKG_FAIL_REASON'] as const;
const SHOWN_BYTES = 60;
const NEWLINE = 10;
const KEY_BYTES: readonly Buffer[] = KEYS.map((key) => Buffer.from(`${key}=`));
const KEY_PLACES = new Map<string, number>(KEYS.map((key, place) => [key, place]));
const FIRST_KEY = Buffer.from('PKGNAME=');

/**
 * Reads records of `KEY=value` lines, one after another, without making text of what nobody asks for: nine tenths of a
 * scan are lists of makefiles. What it says is of the record that was read last.
 */
export class RecordReader {
  /** Where the record ends. */
  end = 0;
  /** Newlines in it. */
  lines = 0;
  #bytes: Buffer = Buffer.alloc(0);
  /** Where each value stands; its end is -1 where the record has no such line. */
  readonly #from = new Int32Array(KEYS.length);
  readonly #to = new Int32Array(KEYS.length);
  #keys = 0;
  #trouble: { readonly reason: string; readonly offset: number } | undefined;

  /**
   * Reads the record that begins at `start` and ends before the next line that begins with PKGNAME=, or with the bytes
   * when they are the `last`. False when more bytes are needed to see its end.
   */
  read(bytes: Buffer, start: number, last: boolean): boolean {
    this.#bytes = bytes;
    this.#to.fill(-1);
    this.#keys = 0;
    this.#trouble = undefined;
    this.lines = 0;
    let at = start;
    for (let next = 0; at < bytes.length; ) {
      if (at > start && startsWith(bytes, at, FIRST_KEY)) break;
      const newline = bytes.indexOf(NEWLINE, at);
      if (newline < 0) {
        if (!last) return false;
        // What is left may be the first bytes of another record, and does this one no harm.
        if (at > start && startsWith(FIRST_KEY, 0, bytes.subarray(at))) break;
        this.#refuse('the last line is cut short');
        at = bytes.length;
        break;
      }
      next = this.#readLine(at, newline, next);
      this.lines += 1;
      at = newline + 1;
    }
    // The next record may begin with what is still to come.
    if (!last && bytes.length - at < FIRST_KEY.length) return false;
    this.end = at;
    return true;
  }

  /**
   * It is malformed when a line is no `KEY=value`, a key comes twice, a key that resolving needs is absent, or the last
   * line has no newline: a record that was cut short could lack dependencies, and would then be built without them.
   */
  shape(): RecordShape {
    if (this.#trouble !== undefined) return { kind: 'malformed', ...this.#trouble };
    if (this.#keys === 0) return { kind: 'blank' };
    const missing = KEYS_NEEDED.find((key) => !this.has(key));
    if (missing !== undefined) return { kind: 'malformed', reason: `no ${missing}`, offset: 0 };
    return { kind: 'fields' };
  }

  has(key: FieldKey): boolean {
    return (this.#to[placeOf(key)] ?? -1) >= 0;
  }

  /** The value as printed; '' where the record has no such line. */
  text(key: FieldKey): string {
    const place = placeOf(key);
    const from = this.#from[place] ?? 0;
    const to = this.#to[place] ?? -1;
    return to <= from ? '' : this.#bytes.toString('utf8', from, to);
  }

  /** The value without blanks around it. The table holds what many records say alike. */
  trimmed(key: FieldKey, table: WordTable): string {
    const place = placeOf(key);
    const from = this.#from[place] ?? 0;
    const to = this.#to[place] ?? -1;
    return to <= from ? '' : table.intern(this.#bytes, from, to).trim();
  }

  /** What stands between blanks in the value. */
  words(key: FieldKey, table: WordTable): readonly string[] {
    const place = placeOf(key);
    return table.internWords(this.#bytes, this.#from[place] ?? 0, this.#to[place] ?? -1);
  }

  /** Reads one line, of which the key at place `next` is expected, and gives the place of the key to expect then. */
  #readLine(start: number, end: number, next: number): number {
    const place = findKey(this.#bytes, start, next);
    if (place < 0) {
      this.#readOther(start, end);
      return next;
    }
    this.#keys += 1;
    if ((this.#to[place] ?? -1) >= 0) this.#refuse(`${KEYS[place]} comes twice`);
    else {
      this.#from[place] = start + (KEY_BYTES[place]?.length ?? 0);
      this.#to[place] = end;
    }
    return place + 1;
  }

  #readOther(start: number, end: number): void {
    if (end === start) return;
    const keyEnd = Math.min(end, start + KEY_BYTES_MAX);
    const head = this.#bytes.toString('latin1', start, keyEnd);
    const equals = head.indexOf('=');
    if (equals >= 0 && KEY.test(head.slice(0, equals))) {
      this.#keys += 1;
      return;
    }
    const line = this.#bytes.toString('utf8', start, Math.min(end, start + SHOWN_BYTES));
    if (line.trim() === '' && end - start <= SHOWN_BYTES) return;
    this.#refuse(`${JSON.stringify(line)} is no KEY=value`);
  }

  /** The first trouble counts. */
  #refuse(reason: string): void {
    this.#trouble ??= { reason, offset: this.lines };
  }
}

const placeOf = (key: FieldKey): number => KEY_PLACES.get(key) ?? -1;

/** The place of the key that the line begins with, -1 when it is none of `KEYS`. */
function findKey(bytes: Buffer, at: number, expected: number): number {
  const guess = KEY_BYTES[expected];
  if (guess !== undefined && startsWith(bytes, at, guess)) return expected;
  for (const [place, key] of KEY_BYTES.entries()) if (startsWith(bytes, at, key)) return place;
  return -1;
}

function startsWith(bytes: Buffer, at: number, wanted: Buffer): boolean {
  for (let offset = 0; offset < wanted.length; offset += 1) {
    if (bytes[at + offset] !== wanted[offset]) return false;
  }
  return true;
}

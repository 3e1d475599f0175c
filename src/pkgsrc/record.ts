import { isAssignment, isPkgName, isPkgPath } from './name.ts';
import type { PkgName, PkgPath, ScanRecord } from './package.ts';
import { countLines, readFields } from './recordfields.ts';

/** Where bytes of records come from: one PKGPATH that make printed, or a file that holds records of many. */
export type RecordSource =
  | { readonly kind: 'path'; readonly pkgpath: PkgPath }
  | { readonly kind: 'file'; readonly path: string };

/** What cannot be used of a scan. The records around it are not disturbed. */
export interface MalformedRecord {
  /** The PKGPATH or the file. */
  readonly where: string;
  /** Counted from 1, in what make printed or in the file. */
  readonly line: number;
  /** As printed, '' when the trouble stands before any PKGNAME. For people only: it may be anything. */
  readonly pkgname: string;
  readonly reason: string;
}

/** What bytes of records hold, in their order. */
export interface ScanOutput {
  readonly records: readonly ScanRecord[];
  readonly malformed: readonly MalformedRecord[];
}

/** Dependency words that many records share, each held once. */
export type WordTable = Map<string, string>;

const SLAB_BYTES = 1 << 20;
const BOUNDARY = Buffer.from('\nPKGNAME=');

/** The record as printed, as bytes: for records of this module a view without a copy. */
export function recordBytes(record: ScanRecord): Buffer {
  return ParsedRecord.bytesOf(record) ?? Buffer.from(record.text);
}

/**
 * Parses all that one run of make printed. The records keep views of `bytes`, which must not change any more.
 * Give the same `words` for every path of a scan to hold each dependency word once.
 */
export function parseRecords(bytes: Buffer, source: RecordSource, words: WordTable = new Map()): ScanOutput {
  const cutter = new RecordCutter(source, words);
  cutter.cut(bytes, true);
  return cutter.output;
}

/** Parses records from chunks of any size. Chunks are copied, so the caller may use them again. */
export class RecordStream {
  readonly #cutter: RecordCutter;
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  /** The part of the slab that holds bytes of no finished record. */
  #start = 0;
  #end = 0;

  constructor(source: RecordSource) {
    this.#cutter = new RecordCutter(source, new Map());
  }

  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#end === this.#slab.length) this.#renewSlab();
      const part = chunk.subarray(at, at + this.#slab.length - this.#end);
      this.#slab.set(part, this.#end);
      this.#end += part.length;
      at += part.length;
      this.#start += this.#cutter.cut(this.#slab.subarray(this.#start, this.#end), false);
    }
  }

  /** What all chunks together held. */
  end(): ScanOutput {
    this.#cutter.cut(this.#slab.subarray(this.#start, this.#end), true);
    return this.#cutter.output;
  }

  #renewSlab(): void {
    const rest = this.#slab.subarray(this.#start, this.#end);
    // Twice what is left keeps a record of many slabs linear.
    this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, 2 * rest.length));
    this.#slab.set(rest, 0);
    this.#start = 0;
    this.#end = rest.length;
  }
}

/** Cuts bytes at the lines that start with PKGNAME= and parses the pieces. */
class RecordCutter {
  readonly output: { readonly records: ScanRecord[]; readonly malformed: MalformedRecord[] };
  readonly #source: RecordSource;
  readonly #words: WordTable;
  #line = 1;

  constructor(source: RecordSource, words: WordTable) {
    this.output = { records: [], malformed: [] };
    this.#source = source;
    this.#words = words;
  }

  /** Parses what is complete and says how many bytes that were; with `last` all is complete. */
  cut(bytes: Buffer, last: boolean): number {
    let start = 0;
    while (start < bytes.length) {
      const boundary = bytes.indexOf(BOUNDARY, start);
      if (boundary < 0 && !last) break;
      const end = boundary < 0 ? bytes.length : boundary + 1;
      this.#take(bytes.subarray(start, end));
      start = end;
    }
    return start;
  }

  #take(bytes: Buffer): void {
    const parsed = parseRecord(bytes, this.#line, this.#source, this.#words);
    if (parsed?.kind === 'record') this.output.records.push(parsed.record);
    else if (parsed?.kind === 'malformed') this.output.malformed.push(parsed.malformed);
    this.#line += countLines(bytes);
  }
}

type ParsedPiece =
  | { readonly kind: 'record'; readonly record: ParsedRecord }
  | { readonly kind: 'malformed'; readonly malformed: MalformedRecord };

/** One record; nothing when the piece holds blank lines only. */
function parseRecord(
  bytes: Buffer,
  line: number,
  source: RecordSource,
  words: WordTable,
): ParsedPiece | undefined {
  const read = readFields(bytes);
  if (read.kind === 'blank') return undefined;
  const { fields } = read;
  const refuse = (reason: string, offset: number): ParsedPiece => {
    const where = source.kind === 'path' ? source.pkgpath : source.path;
    const pkgname = fields.get('PKGNAME') ?? '';
    return { kind: 'malformed', malformed: { where, line: line + offset, pkgname, reason } };
  };
  if (read.kind === 'malformed') return refuse(read.reason, read.offset);
  const names = checkNames(fields, source);
  if (typeof names === 'string') return refuse(names, 0);
  const text = fields.has('PKG_LOCATION') ? read.bytes : insertLocation(read.bytes, names.pkgpath);
  return { kind: 'record', record: new ParsedRecord(names, fields, text, words) };
}

interface Names {
  readonly pkgname: PkgName;
  readonly pkgpath: PkgPath;
  readonly multiVersion: readonly string[];
}

/** What will become a path or an argument, checked; a string says what is wrong with it. */
function checkNames(fields: ReadonlyMap<string, string>, source: RecordSource): Names | string {
  const pkgname = fields.get('PKGNAME') ?? '';
  if (!isPkgName(pkgname)) return `${JSON.stringify(pkgname)} is not a package name`;
  const printed = fields.get('PKG_LOCATION');
  const pkgpath = source.kind === 'path' ? source.pkgpath : (printed ?? '');
  if (!isPkgPath(pkgpath)) return `PKG_LOCATION ${JSON.stringify(pkgpath)} is not a PKGPATH`;
  if (printed !== undefined && printed !== pkgpath) return `PKG_LOCATION ${printed} is not ${pkgpath}`;
  const multiVersion = splitWords(fields.get('MULTI_VERSION') ?? '');
  const bad = multiVersion.find((word) => !isAssignment(word));
  if (bad !== undefined) return `MULTI_VERSION word ${JSON.stringify(bad)} is no plain assignment`;
  return { pkgname, pkgpath, multiVersion };
}

/** A record whose text is made only when it is asked for. Copies by spread keep it. */
class ParsedRecord implements ScanRecord {
  readonly pkgname: PkgName;
  readonly pkgpath: PkgPath;
  readonly multiVersion: readonly string[];
  readonly allDepends: readonly string[];
  readonly skipReason: string;
  readonly failReason: string;
  readonly noBinOnFtp: string;
  readonly restricted: string;
  readonly categories: string;
  readonly maintainer: string;
  readonly useDestdir: ScanRecord['useDestdir'];
  readonly bootstrapPkg: boolean;
  readonly usergroupPhase: ScanRecord['usergroupPhase'];
  readonly pbulkWeight: number;
  readonly makeJobsSafe: boolean;
  declare readonly text: string;
  readonly #bytes: Buffer;

  constructor(names: Names, fields: ReadonlyMap<string, string>, bytes: Buffer, words: WordTable) {
    const get = (key: string): string => fields.get(key)?.trim() ?? '';
    this.pkgname = names.pkgname;
    this.pkgpath = names.pkgpath;
    this.multiVersion = names.multiVersion;
    this.allDepends = splitWords(get('ALL_DEPENDS')).map((word) => intern(words, word));
    this.skipReason = get('PKG_SKIP_REASON');
    this.failReason = get('PKG_FAIL_REASON');
    this.noBinOnFtp = get('NO_BIN_ON_FTP');
    this.restricted = get('RESTRICTED');
    this.categories = intern(words, get('CATEGORIES'));
    this.maintainer = intern(words, get('MAINTAINER'));
    this.useDestdir = destdirOf(get('USE_DESTDIR'));
    this.bootstrapPkg = get('BOOTSTRAP_PKG') === 'yes';
    this.usergroupPhase = phaseOf(get('USERGROUP_PHASE'));
    this.pbulkWeight = weightOf(get('PBULK_WEIGHT'));
    this.makeJobsSafe = get('MAKE_JOBS_SAFE').toLowerCase() !== 'no';
    this.#bytes = bytes;
    Object.defineProperty(this, 'text', TEXT);
  }

  static bytesOf(record: ScanRecord): Buffer | undefined {
    return #bytes in record ? record.#bytes : undefined;
  }
}

const TEXT = {
  enumerable: true,
  get(this: ScanRecord): string {
    return recordBytes(this).toString();
  },
};

/** Puts PKG_LOCATION where the classic scanner has it: as the second line. */
function insertLocation(bytes: Buffer, pkgpath: PkgPath): Buffer {
  const second = bytes.indexOf('\n') + 1;
  const location = Buffer.from(`PKG_LOCATION=${pkgpath}\n`);
  return Buffer.concat([bytes.subarray(0, second), location, bytes.subarray(second)]);
}

function splitWords(value: string): readonly string[] {
  const trimmed = value.trim();
  return trimmed === '' ? [] : trimmed.split(/\s+/);
}

function intern(words: WordTable, word: string): string {
  const known = words.get(word);
  if (known !== undefined) return known;
  words.set(word, word);
  return word;
}

/** Anything unknown gets the least rights. */
function destdirOf(value: string): ScanRecord['useDestdir'] {
  return value === 'no' || value === 'destdir' ? value : 'user-destdir';
}

/** pkg-build looks at the end of the word for the first two, and takes no notice of a word it does not know. */
function phaseOf(value: string): ScanRecord['usergroupPhase'] {
  if (value.endsWith('configure')) return 'configure';
  if (value.endsWith('build')) return 'build';
  return value === 'pre-install' ? value : '';
}

function weightOf(value: string): number {
  return /^-?[0-9]{1,9}$/.test(value) ? Number(value) : 100;
}

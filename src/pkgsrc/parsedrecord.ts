import { isAssignment, isPkgName, isPkgPath } from './name.ts';
import type { PkgName, PkgPath, ScanRecord } from './package.ts';
import { quote, shorten } from './quote.ts';
import type { RecordReader } from './recordfields.ts';
import type { TextBlock } from './textblock.ts';
import type { WordTable } from './wordtable.ts';

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

const DEPENDS_LINE = Buffer.from('\nDEPENDS=');

/** Where a record's printed text is kept. */
export interface TextPlace {
  readonly block: TextBlock;
  readonly start: number;
  readonly end: number;
}

interface ParseContext {
  /** Of the record's first line. */
  readonly line: number;
  readonly source: RecordSource;
  readonly words: WordTable;
  /** Whether there is a NUL byte in it. */
  readonly hasNul: boolean;
}

type ParsedPiece =
  | { readonly kind: 'record'; readonly record: ParsedRecord }
  | { readonly kind: 'malformed'; readonly malformed: MalformedRecord };

/** Parses the record that the reader has read; nothing comes of blank lines. */
export function parseRecord(
  reader: RecordReader,
  place: TextPlace,
  { line, source, words, hasNul }: ParseContext,
): ParsedPiece | undefined {
  const shape = reader.shape();
  if (shape.kind === 'blank' && !hasNul) return undefined;
  const refuse = (reason: string, offset: number): ParsedPiece => {
    const where = source.kind === 'path' ? source.pkgpath : source.path;
    const pkgname = shorten(reader.text('PKGNAME'));
    return { kind: 'malformed', malformed: { where, line: line + offset, pkgname, reason } };
  };
  if (shape.kind === 'malformed') return refuse(shape.reason, shape.offset);
  if (hasNul) return refuse('a NUL byte', 0);
  const names = checkNames(reader, source, words);
  if (typeof names === 'string') return refuse(names, 0);
  return { kind: 'record', record: new ParsedRecord(names, reader, place, words) };
}

interface Names {
  readonly pkgname: PkgName;
  readonly pkgpath: PkgPath;
  readonly multiVersion: readonly string[];
}

/** What will become a path or an argument, checked; a string says what is wrong with it. */
function checkNames(reader: RecordReader, source: RecordSource, words: WordTable): Names | string {
  const pkgname = reader.text('PKGNAME');
  if (pkgname.endsWith('\r')) return 'its lines end in CR LF: convert the file';
  if (!isPkgName(pkgname)) return `${quote(pkgname)} is not a package name`;
  const printed = reader.text('PKG_LOCATION');
  const pkgpath = source.kind === 'path' ? source.pkgpath : printed;
  if (!isPkgPath(pkgpath)) return `PKG_LOCATION ${quote(pkgpath)} is not a PKGPATH`;
  if (reader.has('PKG_LOCATION') && printed !== pkgpath)
    return `PKG_LOCATION ${shorten(printed)} is not ${pkgpath}`;
  const multiVersion = reader.words('MULTI_VERSION', words);
  const bad = multiVersion.find((word) => !isAssignment(word));
  if (bad !== undefined) return `MULTI_VERSION word ${quote(bad)} is no plain assignment`;
  return { pkgname, pkgpath, multiVersion };
}

/** A record whose text is made only when it is asked for. Copies by spread keep it. */
export class ParsedRecord implements ScanRecord {
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
  readonly #place: TextPlace;
  readonly #hasLocation: boolean;
  readonly #hasDepends: boolean;

  constructor(names: Names, reader: RecordReader, place: TextPlace, words: WordTable) {
    this.pkgname = names.pkgname;
    this.pkgpath = names.pkgpath;
    this.multiVersion = names.multiVersion;
    this.allDepends = reader.words('ALL_DEPENDS', words);
    this.skipReason = reader.trimmed('PKG_SKIP_REASON', words);
    this.failReason = reader.trimmed('PKG_FAIL_REASON', words);
    this.noBinOnFtp = reader.trimmed('NO_BIN_ON_FTP', words);
    this.restricted = reader.trimmed('RESTRICTED', words);
    this.categories = reader.trimmed('CATEGORIES', words);
    this.maintainer = reader.trimmed('MAINTAINER', words);
    this.useDestdir = destdirOf(reader.trimmed('USE_DESTDIR', words));
    this.bootstrapPkg = reader.trimmed('BOOTSTRAP_PKG', words) === 'yes';
    this.usergroupPhase = phaseOf(reader.trimmed('USERGROUP_PHASE', words));
    this.pbulkWeight = weightOf(reader.trimmed('PBULK_WEIGHT', words));
    this.makeJobsSafe = reader.trimmed('MAKE_JOBS_SAFE', words).toLowerCase() !== 'no';
    this.#place = place;
    this.#hasLocation = reader.has('PKG_LOCATION');
    this.#hasDepends = reader.has('DEPENDS');
    Object.defineProperty(this, 'text', TEXT);
  }

  /** The text as bytes; undefined for a record that was made otherwise. */
  static bytesOf(record: ScanRecord): Buffer | undefined {
    if (!(#place in record)) return undefined;
    const { block, start, end } = record.#place;
    const printed = block.slice(start, end);
    const located = record.#hasLocation ? printed : insertLocation(printed, record.pkgpath);
    return record.#hasDepends ? dropDepends(located) : located;
  }
}

const TEXT = {
  enumerable: true,
  get(this: ScanRecord): string {
    return ParsedRecord.bytesOf(this)?.toString() ?? '';
  },
};

/** Puts PKG_LOCATION where the classic scanner has it: as the second line. */
function insertLocation(bytes: Buffer, pkgpath: PkgPath): Buffer {
  const second = bytes.indexOf('\n') + 1;
  const location = Buffer.from(`PKG_LOCATION=${pkgpath}\n`);
  return Buffer.concat([bytes.subarray(0, second), location, bytes.subarray(second)]);
}

/** What an earlier resolve added is no part of the scan. */
function dropDepends(bytes: Buffer): Buffer {
  const start = bytes.indexOf(DEPENDS_LINE) + 1;
  return Buffer.concat([bytes.subarray(0, start), bytes.subarray(bytes.indexOf('\n', start) + 1)]);
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

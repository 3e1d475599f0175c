import type { ScanRecord } from './package.ts';
import {
  type MalformedRecord,
  ParsedRecord,
  parseRecord,
  type RecordSource,
  type TextPlace,
} from './parsedrecord.ts';
import { RecordReader } from './recordfields.ts';
import { TextBlock } from './textblock.ts';
import { WordTable } from './wordtable.ts';

export type { RecordSource } from './parsedrecord.ts';

/** What bytes of records hold, in their order. */
export interface ScanOutput {
  readonly records: readonly ScanRecord[];
  readonly malformed: readonly MalformedRecord[];
}

const SLAB_BYTES = 1 << 22;
/** Far more than any package prints: what goes on for longer without a PKGNAME is no scan. */
const RECORD_BYTES_MAX = 1 << 26;

/** The record as printed, as bytes: for records of this module mostly a view without a copy. */
export function recordBytes(record: ScanRecord): Buffer {
  return ParsedRecord.bytesOf(record) ?? Buffer.from(record.text);
}

/**
 * Parses all that one run of make printed. `bytes` may be used again afterwards. Give the same `words` for every path of
 * a scan to hold each dependency word once.
 */
export function parseRecords(
  bytes: Buffer,
  source: RecordSource,
  words: WordTable = new WordTable(),
): ScanOutput {
  const cutter = new RecordCutter(source, words);
  const block = new TextBlock(bytes);
  cutter.announce(bytes);
  cutter.cut({ bytes, start: 0, end: bytes.length, block }, true);
  block.pack(bytes.length);
  return cutter.output;
}

/** Parses records from chunks of any size. Chunks are copied, so the caller may use them again. */
export class RecordStream {
  readonly #cutter: RecordCutter;
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #block = new TextBlock(this.#slab);
  /** The part of the slab that holds bytes of no finished record. */
  #start = 0;
  #end = 0;
  /** How long the unfinished record was when it was looked at last. */
  #restBytes = 0;

  constructor(source: RecordSource) {
    this.#cutter = new RecordCutter(source, new WordTable());
  }

  /** Throws an error that says so when what is pushed cannot be a scan. */
  push(chunk: Uint8Array): void {
    this.#cutter.announce(chunk);
    for (let at = 0; at < chunk.length; ) {
      if (this.#end === this.#slab.length) this.#emptySlab();
      const part = chunk.subarray(at, at + this.#slab.length - this.#end);
      this.#slab.set(part, this.#end);
      this.#end += part.length;
      at += part.length;
      this.#cut(false);
    }
  }

  /** What all chunks together held. Nothing may be pushed any more. */
  end(): ScanOutput {
    this.#cut(true);
    this.#block.pack(this.#start);
    return this.#cutter.output;
  }

  #cut(last: boolean): void {
    // A record that did not end is looked at again only when there is twice as much of it.
    if (!last && this.#end - this.#start < 2 * this.#restBytes) return;
    const piece = { bytes: this.#slab, start: this.#start, end: this.#end, block: this.#block };
    this.#start = this.#cutter.cut(piece, last);
    this.#restBytes = this.#end - this.#start;
    if (this.#restBytes > RECORD_BYTES_MAX) throw new Error(`a record of over ${RECORD_BYTES_MAX} bytes`);
  }

  /** Packs what is finished and moves the rest to the front, in a bigger slab where it fills more than half. */
  #emptySlab(): void {
    this.#block.pack(this.#start);
    const rest = this.#slab.subarray(this.#start, this.#end);
    if (2 * rest.length > this.#slab.length) this.#slab = Buffer.allocUnsafeSlow(4 * rest.length);
    this.#slab.set(rest, 0);
    this.#block = new TextBlock(this.#slab);
    this.#start = 0;
    this.#end = rest.length;
  }
}

/** Bytes with records in them, and the block that keeps them. */
interface Piece {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  readonly block: TextBlock;
}

/** Cuts bytes at the lines that start with PKGNAME= and parses what is between. */
class RecordCutter {
  readonly output: { readonly records: ParsedRecord[]; readonly malformed: MalformedRecord[] };
  readonly #source: RecordSource;
  readonly #words: WordTable;
  readonly #reader = new RecordReader();
  #line = 1;
  /** Whether there was a NUL byte anywhere: only then is it looked for in each record. */
  #mayHaveNul = false;

  constructor(source: RecordSource, words: WordTable) {
    this.output = { records: [], malformed: [] };
    this.#source = source;
    this.#words = words;
  }

  /** Bytes that will be among those to be cut. */
  announce(bytes: Uint8Array): void {
    this.#mayHaveNul ||= bytes.includes(0);
  }

  /** Parses what is complete and gives the place where the rest starts; with `last` all is complete. */
  cut(piece: Piece, last: boolean): number {
    const bytes = piece.bytes.subarray(0, piece.end);
    let start = piece.start;
    while (start < piece.end && this.#reader.read(bytes, start, last)) {
      const { end, lines } = this.#reader;
      this.#take(
        { block: piece.block, start, end },
        this.#mayHaveNul && bytes.subarray(start, end).includes(0),
      );
      this.#line += lines;
      start = end;
    }
    return start;
  }

  #take(place: TextPlace, hasNul: boolean): void {
    const context = { line: this.#line, source: this.#source, words: this.#words, hasNul };
    const parsed = parseRecord(this.#reader, place, context);
    if (parsed?.kind === 'record') this.output.records.push(parsed.record);
    else if (parsed?.kind === 'malformed') this.output.malformed.push(parsed.malformed);
  }
}

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import type { BlobRef } from '../../src/artefacts/store/store.ts';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import type { PkgName, ResolvedPackage, ScanFailure, ScanRecord } from '../../src/pkgsrc/package.ts';
import { RecordStream } from '../../src/pkgsrc/record.ts';
import { makeBreather } from '../../src/pkgsrc/repository/breather.ts';
import type { DecisionRow } from '../../src/store/decisions.ts';
import type { OutsideSettings } from '../build/settings.ts';
import { type Head, headSchema, type PackageRow, rowsSchema, stateOf } from './rows.ts';
import type { BuildSheet } from './sheet.ts';

const pieceBytes = 1 << 17;
/** Of all that comes out: six times what the records of the largest tree take. */
const bytesMax = 2 ** 29;
const lineBytesMax = 1 << 26;

/**
 * What `encodeSheet` made. Other work of this process goes on meanwhile. Rejects with SHEET_BAD for anything else: it comes
 * from another host.
 */
export const decodeSheet = async (bytes: Uint8Array): Promise<BuildSheet> => {
  const reader = new SheetReader();
  try {
    const unpack = createZstdDecompress({ chunkSize: pieceBytes });
    await pipeline(Readable.from(cutBytes(bytes)), unpack, async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) reader.push(chunk);
    });
    return await reader.end();
  } catch (cause) {
    throw new BulkmeshError(
      'SHEET_BAD',
      `the sheet of a build cannot be read: ${messageOf(cause).slice(0, 500)}`,
      {
        hint: 'run the same version of bulkmesh on all hosts of the mesh',
        cause,
      },
    );
  }
};

function* cutBytes(bytes: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += pieceBytes) yield bytes.subarray(from, from + pieceBytes);
}

/** Takes a sheet as it comes: its lines, then its records. */
class SheetReader {
  readonly #records = new RecordStream({ kind: 'file', path: 'a sheet' });
  readonly #failures: ScanFailure[] = [];
  readonly #settings: OutsideSettings[] = [];
  readonly #rows: PackageRow[] = [];
  #head: Head | undefined;
  #isInRecords = false;
  /** Of a line that has not ended. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  #bytes = 0;

  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > bytesMax) throw new Error(`it has more than ${bytesMax} bytes`);
    let from = 0;
    while (!this.#isInRecords && from < chunk.length) {
      const end = chunk.indexOf(0x0a, from);
      const piece = chunk.subarray(from, end === -1 ? chunk.length : end);
      this.#held.push(piece);
      this.#heldBytes += piece.length;
      if (this.#heldBytes > lineBytesMax) throw new Error('a line of it has no end');
      from += piece.length + 1;
      if (end !== -1) this.#takeLine();
    }
    if (from < chunk.length) this.#records.push(chunk.subarray(from));
  }

  async end(): Promise<BuildSheet> {
    const { records, malformed } = this.#records.end();
    const [bad] = malformed;
    if (bad !== undefined) throw new Error(`its record at line ${bad.line}: ${bad.reason}`);
    if (this.#head === undefined) throw new Error('it has no head');
    return joinSheet(this.#head, {
      ...{ records, rows: this.#rows, failures: this.#failures, settings: this.#settings },
    });
  }

  #takeLine(): void {
    const line = Buffer.concat(this.#held, this.#heldBytes).toString('utf8');
    this.#held = [];
    this.#heldBytes = 0;
    if (line === '') {
      this.#isInRecords = true;
      return;
    }
    const value: unknown = JSON.parse(line);
    if (this.#head === undefined) this.#head = headSchema.parse(value);
    else this.#takeRows(value);
  }

  #takeRows(value: unknown): void {
    const [kind, rows] = rowsSchema.parse(value);
    switch (kind) {
      case 'failures':
        this.#failures.push(...rows);
        break;
      case 'settings':
        this.#settings.push(...rows);
        break;
      case 'packages':
        this.#rows.push(...rows);
    }
  }
}

interface Lists {
  readonly records: readonly ScanRecord[];
  readonly rows: readonly PackageRow[];
  readonly failures: readonly ScanFailure[];
  readonly settings: readonly OutsideSettings[];
}

const joinSheet = async (head: Head, { records, rows, failures, settings }: Lists): Promise<BuildSheet> => {
  const { format: _, packages: count, records: recordsDigest, settings: settingsDigest, ...rest } = head;
  if (rows.length !== count || records.length !== count) {
    throw new Error(
      `it is of ${count} packages, and has ${records.length} records and ${rows.length} decisions`,
    );
  }
  if (new Set(records.map(({ pkgname }) => pkgname)).size !== count) {
    throw new Error('it has two packages of one name');
  }
  const kept = new Map<PkgName, BlobRef>();
  const packages: ResolvedPackage[] = [];
  const decided: DecisionRow[] = [];
  const breathe = makeBreather();
  for (const [index, record] of records.entries()) {
    const { pkgname, pkgpath } = record;
    const row = rows[index];
    if (row === undefined) throw new Error(`nothing was decided of ${pkgname}`);
    if (row.kept !== undefined) kept.set(pkgname, row.kept);
    const needs = row.needs.map((need) => nameAt(records, need));
    packages.push({ record, depends: row.needs, state: stateOf(row.decided) });
    decided.push({ pkgname, pkgpath, needs, verdict: row.decided });
    await breathe();
  }
  const decisions = { records: recordsDigest, settings: settingsDigest, packages: decided };
  return { ...rest, failures, settings, resolution: { packages }, decisions, kept };
};

const nameAt = (records: readonly ScanRecord[], index: number): PkgName => {
  const name = records[index]?.pkgname;
  if (name === undefined) throw new Error(`it has no package ${index}`);
  return name;
};

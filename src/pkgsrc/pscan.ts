import { createReadStream } from 'node:fs';
import { BulkmeshError, messageOf } from '../errors.ts';
import { type Bzip2, detectCompression, MAGIC_BYTES, unpackBytes } from './compression.ts';
import type { ScanRecord } from './package.ts';
import { writePieces } from './piecefile.ts';
import { RecordStream, recordBytes, type ScanOutput } from './record.ts';

const READ_BYTES = 1 << 18;

/** Where a scan is read from: `name` stands in messages. */
export interface ScanInput {
  readonly name: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * Reads a pscan or presolve file, plain or compressed with zstd or gzip, whatever its name; with `bzip2` that as well.
 * DEPENDS lines are dropped. Throws `BulkmeshError` PSCAN_UNREADABLE when the file is absent, damaged or no such file; a
 * malformed record is only reported.
 */
export function readPscan(path: string, bzip2?: Bzip2): Promise<ScanOutput> {
  const chunks = createReadStream(path, { highWaterMark: READ_BYTES });
  return readScanInput({ name: path, chunks }, bzip2);
}

/** `readPscan` of bytes from anywhere. */
export async function readScanInput({ name, chunks }: ScanInput, bzip2?: Bzip2): Promise<ScanOutput> {
  const stream = new RecordStream({ kind: 'file', path: name });
  try {
    const { head, rest } = await splitHead(chunks);
    const unpacked = unpackBytes(detectCompression(head), joinHead(head, rest), bzip2);
    for await (const chunk of unpacked) stream.push(chunk);
    return stream.end();
  } catch (cause) {
    if (cause instanceof BulkmeshError) throw cause;
    throw new BulkmeshError('PSCAN_UNREADABLE', `Cannot read the scan ${name}: ${messageOf(cause)}`, {
      hint: 'Give a file of KEY=value records, plain or compressed with zstd, gzip or bzip2.',
      cause,
    });
  }
}

/** The first bytes, as many as tell the compression where there are so many, and what follows. */
async function splitHead(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ head: Buffer; rest: AsyncIterator<Uint8Array> }> {
  const rest = chunks[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < MAGIC_BYTES) {
    const next = await rest.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  return { head, rest };
}

async function* joinHead(head: Buffer, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/**
 * Writes records as pbulk-scan does, each as it was printed; compressed as the name says. The file appears whole or not at
 * all. Throws `BulkmeshError` FILE_UNWRITABLE.
 */
export async function writePscan(path: string, records: readonly ScanRecord[]): Promise<void> {
  await writePieces(path, scanPieces(records));
}

function* scanPieces(records: readonly ScanRecord[]): Generator<Uint8Array> {
  for (const record of records) yield recordBytes(record);
}

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { BulkmeshError, messageOf } from '../errors.ts';
import type { ScanRecord } from './package.ts';
import { writePieces } from './piecefile.ts';
import { RecordStream, recordBytes, type ScanOutput } from './record.ts';

const READ_BYTES = 1 << 18;

/**
 * Reads a pscan or presolve file, zstd-compressed when its name ends in `.zst`. DEPENDS lines are dropped. Throws
 * `BulkmeshError` PSCAN_UNREADABLE when the file is absent or is no such file; a malformed record is only reported.
 */
export async function readPscan(path: string): Promise<ScanOutput> {
  const stream = new RecordStream({ kind: 'file', path });
  const collect = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of chunks) stream.push(chunk);
  };
  const file = createReadStream(path, { highWaterMark: READ_BYTES });
  try {
    if (path.endsWith('.zst')) {
      await pipeline(file, createZstdDecompress({ chunkSize: READ_BYTES }), collect);
    } else {
      await pipeline(file, collect);
    }
  } catch (cause) {
    const reason = messageOf(cause);
    throw new BulkmeshError('PSCAN_UNREADABLE', `Cannot read the scan ${path}: ${reason}`, {
      hint: 'Give a file of KEY=value records, plain or compressed with zstd and named .zst.',
      cause,
    });
  }
  return stream.end();
}

/**
 * Writes records as pbulk-scan does, each as it was printed; `.zst` compresses. The file appears whole or not at all.
 * Throws `BulkmeshError` FILE_UNWRITABLE.
 */
export async function writePscan(path: string, records: readonly ScanRecord[]): Promise<void> {
  await writePieces(path, scanPieces(records));
}

function* scanPieces(records: readonly ScanRecord[]): Generator<Uint8Array> {
  for (const record of records) yield recordBytes(record);
}

import { Readable } from 'node:stream';
import { createZstdCompress, createZstdDecompress } from 'node:zlib';
import { z } from 'zod';
import type { BuildId } from '../core/ids.ts';
import type { Database } from './database.ts';
import { jsonColumn } from './jsonColumn.ts';
import { damagedStore } from './sqlError.ts';

/** A PKGPATH whose scan failed, as it is kept. */
export interface StoredScanFailure {
  readonly pkgpath: string;
  readonly reason: string;
  readonly detail: string;
}

/** What a scan gave, in pieces: a whole tree's text is never in memory at once. */
export interface StoredScan<Pieces> {
  /** The records as they were printed. */
  readonly records: Pieces;
  readonly failures: readonly StoredScanFailure[];
}

export interface ScanTable {
  /** Replaces what was saved before for this build. Compressing runs off the main thread. */
  saveScan(build: BuildId, scan: StoredScan<Iterable<Uint8Array>>): Promise<void>;
  /** Reading the pieces throws `BulkmeshError` STORE_DAMAGED when they cannot be unpacked. */
  loadScan(build: BuildId): StoredScan<AsyncIterable<Uint8Array>> | undefined;
}

const scanFailures = z.array(z.object({ pkgpath: z.string(), reason: z.string(), detail: z.string() }));
const scanRow = z.object({ records: z.instanceof(Uint8Array), failures: jsonColumn(scanFailures) });
const pieceBytes = 1 << 18;

/** What scans gave, so that a resume needs no new one. */
export const makeScanTable = (db: Database): ScanTable => {
  const insert = db.prepare('INSERT OR REPLACE INTO scans VALUES (?, ?, ?)');
  const select = db.prepare('SELECT records_zstd AS records, failures FROM scans WHERE build = ?');
  return {
    saveScan: async (build, { records, failures }) => {
      const packed: Buffer[] = [];
      for await (const piece of Readable.from(records).pipe(createZstdCompress())) packed.push(piece);
      db.write(() => insert.run(build, Buffer.concat(packed), JSON.stringify(failures)));
    },
    loadScan: (build) => {
      const [row] = db.checkRows(
        'scans',
        db.read(() => select.all(build)),
        scanRow,
      );
      return row === undefined
        ? undefined
        : { records: unpack(row.records, db.file, build), failures: row.failures };
    },
  };
};

async function* unpack(packed: Uint8Array, file: string, build: BuildId): AsyncGenerator<Uint8Array> {
  try {
    yield* Readable.from([packed]).pipe(createZstdDecompress({ chunkSize: pieceBytes }));
  } catch (error) {
    throw damagedStore(file, `the scan result of build ${build} cannot be unpacked`, error);
  }
}

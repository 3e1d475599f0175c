import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
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

/** What a scan and a resolve gave. */
export interface StoredResolution {
  /** The text of `meta/presolve`. */
  readonly presolve: Uint8Array;
  readonly scanFailures: readonly StoredScanFailure[];
}

export interface ResolutionTable {
  /** Replaces what was saved before for this build. Compressing runs off the main thread. */
  saveResolution(build: BuildId, resolution: StoredResolution): Promise<void>;
  /** @throws {BulkmeshError} STORE_DAMAGED when what is stored cannot be unpacked. */
  loadResolution(build: BuildId): Promise<StoredResolution | undefined>;
}

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

const scanFailures = z.array(z.object({ pkgpath: z.string(), reason: z.string(), detail: z.string() }));
const resolutionRow = z.object({ presolve: z.instanceof(Uint8Array), failures: jsonColumn(scanFailures) });

/** What scan and resolve gave, so that a resume needs no new scan. */
export const makeResolutionTable = (db: Database): ResolutionTable => {
  const insert = db.prepare('INSERT OR REPLACE INTO resolutions VALUES (?, ?, ?)');
  const select = db.prepare(
    'SELECT presolve_zstd AS presolve, scan_failures AS failures FROM resolutions WHERE build = ?',
  );
  return {
    saveResolution: async (build, resolution) => {
      const packed = await compress(resolution.presolve);
      const failures = JSON.stringify(resolution.scanFailures);
      db.write(() => insert.run(build, packed, failures));
    },
    loadResolution: async (build) => {
      const row = db.checkRows(
        'resolutions',
        db.read(() => select.all(build)),
        resolutionRow,
      )[0];
      if (row === undefined) return undefined;
      try {
        return { presolve: await decompress(row.presolve), scanFailures: row.failures };
      } catch (error) {
        throw damagedStore(db.file, `the scan result of build ${build} cannot be unpacked`, error);
      }
    },
  };
};

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';
import type { BlobRef, BlobStore } from './store/store.ts';

/**
 * Stores a log that is at its end, compressed with zstd; `maxBytes` bounds what that comes to.
 * @throws {BulkmeshError} ARTEFACT_TOO_LARGE, ARTEFACT_DISK_FULL, ARTEFACT_IO, and what the file system throws
 */
export const storeLog = (store: BlobStore, path: string, maxBytes: number): Promise<BlobRef> =>
  pipeline(createReadStream(path, { highWaterMark: 2 ** 18 }), createZstdCompress(), (packed) =>
    store.addStream(packed, maxBytes),
  );

import { createHash } from 'node:crypto';
import { closeSync } from 'node:fs';
import { setImmediate as breathe, setTimeout as delay } from 'node:timers/promises';
import { openPlain, readPieces } from './files.ts';
import type { Answer } from './orders.ts';

/** The digests of a file, which is read once, and no faster than is allowed. Others have their turn between pieces. */
export const hashFile = async (
  path: string,
  algorithms: readonly string[],
  bytesPerSecond: number | undefined,
): Promise<Answer> => {
  const { fd } = openPlain(path);
  try {
    const hashes = algorithms.map((algorithm) => createHash(algorithm));
    let sizeBytes = 0;
    for (const piece of readPieces(fd)) {
      for (const hash of hashes) hash.update(piece);
      sizeBytes += piece.length;
      if (bytesPerSecond === undefined) await breathe();
      else await delay((1_000 * piece.length) / bytesPerSecond);
    }
    return { kind: 'hashed', sizeBytes, digests: hashes.map((hash) => hash.digest('hex')) };
  } finally {
    closeSync(fd);
  }
};

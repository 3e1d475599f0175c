import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** One file of the repository, by its path below PACKAGES, and the SHA512 of its bytes in hex. */
export interface Checksum {
  readonly path: string;
  readonly sha512: string;
}

/** The lines that digest(1) prints for the files, sorted by path: what SHA512.bz2 holds, as pbulk writes it. */
export function formatChecksums(sums: readonly Checksum[]): readonly string[] {
  return sums
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, sha512 }) => `SHA512 (${path}) = ${sha512}\n`);
}

/** The SHA512 of a file in hex. Throws what the file system throws. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

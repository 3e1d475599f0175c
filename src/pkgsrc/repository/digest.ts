import { createHash, hash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** Both digests of a package file. */
export interface PackageDigests {
  /** `sha256:<hex>`. */
  readonly digest: string;
  /** Hex. */
  readonly sha512: string;
  readonly sizeBytes: number;
}

/** Reads a package file once. Throws what the file system throws. */
export async function hashPackage(path: string): Promise<PackageDigests> {
  const sha256 = createHash('sha256');
  const sha512 = createHash('sha512');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: PIECE_BYTES })) {
    sha256.update(chunk);
    sha512.update(chunk);
    sizeBytes += chunk.length;
  }
  return { digest: `sha256:${sha256.digest('hex')}`, sha512: sha512.digest('hex'), sizeBytes };
}

const PIECE_BYTES = 1 << 18;

/** The same of a file that is in memory. */
export const hashHeld = (bytes: Buffer): PackageDigests => ({
  digest: `sha256:${hash('sha256', bytes)}`,
  sha512: hash('sha512', bytes),
  sizeBytes: bytes.length,
});

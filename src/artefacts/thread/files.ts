import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Sha256 } from '../sha256.ts';
import { blobDir, blobFile, type Layout } from '../store/layout.ts';

/** Opens a regular file for reading, and nothing else: no link is followed, no pipe waited for. Throws for what is none. */
export const openPlain = (path: string): { readonly fd: number; readonly stats: Stats } => {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const stats = fstatSync(fd);
  if (stats.isFile()) return { fd, stats };
  closeSync(fd);
  throw Object.assign(new Error(`${path} is not a file`), { code: 'ENOTFILE' });
};

/** Writes all of it. */
export const writeAll = (fd: number, bytes: Uint8Array): void => {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at);
};

/** The bytes of a file from where it stands to its end, in pieces that are overwritten by the next. */
export function* readPieces(fd: number, pieceBytes = 2 ** 20): Generator<Uint8Array> {
  const piece = Buffer.allocUnsafe(pieceBytes);
  for (;;) {
    const count = readSync(fd, piece, 0, piece.length, null);
    if (count === 0) return;
    yield piece.subarray(0, count);
  }
}

/** Makes renames within `dir` outlive a loss of power. */
export const syncDir = (dir: string): void => {
  const fd = openSync(dir, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

/** Gives a whole file its name in the store, durably. `fd` is that file, open. */
export const moveIn = (
  layout: Layout,
  file: { readonly fd: number; readonly path: string },
  sha256: Sha256,
): void => {
  fsyncSync(file.fd);
  const dir = blobDir(layout, sha256);
  renameSync(file.path, blobFile(layout, sha256));
  syncDir(dir);
  syncDir(dirname(file.path));
};

/** Nobody may write to a blob any more, nor to its other names. */
export const seal = (fd: number): void => fchmodSync(fd, 0o444);

export const removeFile = (path: string): void => {
  try {
    unlinkSync(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
};

export const codeOf = (error: unknown): string => String(Object(error).code ?? 'UNKNOWN');

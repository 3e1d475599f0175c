import { createHash, hash } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { parseSha256, type Sha256 } from '../sha256.ts';
import { blobDir, blobFile, type Layout, layoutOf } from '../store/layout.ts';
import { codeOf, moveIn, openPlain, readPieces, removeFile, seal, syncDir, writeAll } from './files.ts';
import type { Answer, NewBlob, Placement } from './orders.ts';
import { temporaryFile } from './temporary.ts';

/**
 * Stores blobs that are in memory, those of them that are what they should be. Some are written before the first of them is
 * synced: the disk then takes them together, in a quarter of the time.
 */
export const putBlobs = async (root: string, blobs: readonly NewBlob[]): Promise<Answer> => {
  const layout = layoutOf(root);
  const isRight = blobs.map(({ sha256, bytes }) => hash('sha256', bytes) === sha256);
  const right = blobs.filter((_, index) => isRight[index] === true);
  for (let at = 0; at < right.length; at += openMax) {
    putSome(layout, right.slice(at, at + openMax));
    await breathe();
  }
  return { kind: 'put', isRight };
};

const openMax = 128;

const putSome = (layout: Layout, blobs: readonly NewBlob[]): void => {
  const files: { readonly sha256: Sha256; readonly path: string; readonly fd: number }[] = [];
  try {
    for (const { sha256, bytes } of blobs) {
      const path = temporaryFile(layout);
      const fd = openSync(path, newFile, 0o600);
      files.push({ sha256, path, fd });
      writeAll(fd, bytes);
      seal(fd);
    }
    for (const { fd } of files) fsyncSync(fd);
    const dirs = new Set<string>();
    for (const { sha256, path } of files) {
      dirs.add(blobDir(layout, sha256));
      renameSync(path, blobFile(layout, sha256));
    }
    for (const dir of dirs) syncDir(dir);
  } catch (error) {
    for (const { path } of files) removeFile(path);
    throw error;
  } finally {
    for (const { fd } of files) closeSync(fd);
  }
};

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export interface Adoption {
  readonly root: string;
  readonly path: string;
  readonly mayLink: boolean;
  readonly expected: Sha256 | undefined;
}

/** Takes in a file from elsewhere: by another name for it where that is allowed and possible, else by a copy. */
export const adoptFile = async ({ root, path, mayLink, expected }: Adoption): Promise<Answer> => {
  const layout = layoutOf(root);
  const temporary = temporaryFile(layout);
  const isLinked = mayLink && tryLink(path, temporary);
  // A link to the file is what is read, or the file itself: whatever comes under the same name meanwhile is not.
  const source = openSource(isLinked ? temporary : path, temporary);
  let copy: number | undefined;
  try {
    copy = isLinked ? undefined : openSync(temporary, newFile, 0o600);
    const hasher = createHash('sha256');
    let sizeBytes = 0;
    for (const piece of readPieces(source.fd)) {
      if (copy !== undefined) writeAll(copy, piece);
      hasher.update(piece);
      sizeBytes += piece.length;
      await breathe();
    }
    const sha256 = parseSha256(hasher.digest('hex'));
    if (sha256 === undefined || (expected !== undefined && sha256 !== expected)) {
      removeFile(temporary);
      return { kind: 'mismatch', sha256: sha256 ?? raise('a hash is no hash'), sizeBytes };
    }
    if (copy !== undefined) seal(copy);
    moveIn(layout, { fd: copy ?? source.fd, path: temporary }, sha256);
    return { kind: 'stored', sha256, sizeBytes, isLinked };
  } catch (error) {
    removeFile(temporary);
    throw error;
  } finally {
    closeSync(source.fd);
    if (copy !== undefined) closeSync(copy);
  }
};

const openSource = (path: string, temporary: string): ReturnType<typeof openPlain> => {
  try {
    return openPlain(path);
  } catch (error) {
    removeFile(temporary);
    throw error;
  }
};

const raise = (what: string): never => {
  throw new TypeError(what);
};

const tryLink = (from: string, to: string): boolean => {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (linkRefusals.has(codeOf(error))) return false;
    throw error;
  }
};

/** Another file system; not ours; too many names; file systems that have no links. */
const linkRefusals: ReadonlySet<string> = new Set([
  'EXDEV',
  'EPERM',
  'EACCES',
  'EMLINK',
  'ENOTSUP',
  'ENOSYS',
  'EINVAL',
]);

/** Gives a blob a name elsewhere, whole or not at all. */
export const placeBlob = (blob: string, { target, temporary, mayLink, mode }: Placement): Answer => {
  const isLinked = mayLink && tryLink(blob, temporary);
  try {
    if (!isLinked) copyBlob(blob, temporary, mode);
    renameSync(temporary, target);
    // Where both names are of one file already, that does nothing.
    removeFile(temporary);
  } catch (error) {
    removeFile(temporary);
    throw error;
  }
  syncDir(dirname(target));
  return { kind: 'finished' };
};

const copyBlob = (blob: string, temporary: string, mode: number): void => {
  copyFileSync(blob, temporary, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  const { fd } = openPlain(temporary);
  try {
    fchmodSync(fd, mode);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

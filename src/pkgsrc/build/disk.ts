import type { StatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';

/** Below this a build cannot go on: a log, a package file or an object file will not fit. */
export const FREE_BYTES_MIN = 16 << 20;

/**
 * The first of the directories whose file system has no room left (bytes or inodes), as a line for a person;
 * undefined when all have. One that cannot be asked is passed over.
 */
export async function findFullDisk(dirs: readonly string[]): Promise<string | undefined> {
  for (const dir of dirs) {
    const stats = await statfs(dir).catch(() => undefined);
    if (stats === undefined) continue;
    const { freeBytes, limitBytes } = measureRoom(stats);
    if (freeBytes < limitBytes) return `${dir} has ${Math.floor(freeBytes / 1024)} KiB left`;
    if (stats.files > 0 && stats.ffree === 0) return `${dir} has no inode left`;
  }
  return undefined;
}

/**
 * Bytes that fit below a directory before its file system counts as full: negative when it does already,
 * undefined when it cannot be asked.
 */
export async function findRoom(dir: string): Promise<number | undefined> {
  const stats = await statfs(dir).catch(() => undefined);
  if (stats === undefined) return undefined;
  const { freeBytes, limitBytes } = measureRoom(stats);
  return Math.floor(freeBytes - limitBytes);
}

/**
 * True when the end of a log says that a write found no room: in the words of every C library, in those of GNU tar for
 * a write cut short, in those of shells whose printf and echo tell no more.
 */
export const saysDiskFull = (logTail: string): boolean => noRoom.test(logTail);

const noRoom =
  /No space left on device|Dis[ck] quota exceeded|Wrote only \d+ of \d+ bytes|\b(?:printf|echo): I\/O error/;

function measureRoom(stats: StatsFs): { readonly freeBytes: number; readonly limitBytes: number } {
  const freeBytes = stats.bavail * stats.bsize;
  // A file system smaller than the limit would always be full by it.
  return { freeBytes, limitBytes: Math.min(FREE_BYTES_MIN, (stats.blocks * stats.bsize) / 20) };
}

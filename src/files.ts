import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';

/** Makes a rename within `dir` outlive a loss of power. */
export async function syncDirectory(dir: string): Promise<void> {
  await using handle = await open(dir, 'r');
  await handle.sync();
}

/** Linux's O_PATH, which node does not name: a handle that says what lies there, without opening it. */
const lookOnly = process.platform === 'linux' ? 0o10000000 : undefined;

/**
 * A file whose path somebody else chose, or where somebody else may write. Undefined for what is no regular file, has
 * more than `maxBytes`, or cannot be read: nothing is waited for at a pipe, and no device is opened, since opening alone
 * may do things. A file of no length, as those of /proc, gives no bytes.
 */
export function readPlainFile(path: string, maxBytes: number): Buffer | undefined {
  const fds: number[] = [];
  try {
    const first = openSync(path, lookOnly ?? constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    fds.push(first);
    const found = fstatSync(first);
    if (!found.isFile() || found.size > maxBytes) return undefined;
    if (found.size === 0) return Buffer.alloc(0);
    const fd = lookOnly === undefined ? first : openSync(`/proc/self/fd/${first}`, 'r');
    if (fd !== first) fds.push(fd);
    const bytes = Buffer.alloc(found.size);
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(fd, bytes, filled, bytes.length - filled, filled);
      if (count === 0) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  } catch {
    return undefined;
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

/** Links followed on the way to one directory, as many as Linux follows. */
const LINKS_MAX = 40;

/**
 * The first thing on the way to a directory by which an account other than `trusted` could put something else in its
 * place: a link or a directory above it that is theirs, or one above it that others may write to (without the sticky bit).
 * Undefined when there is none, as far as the way is there already. The directory itself may be anybody's.
 */
export function findForeignStep(dir: string, trusted: readonly number[]): string | undefined {
  const rest = partsOf(resolve(dir));
  let here = '/';
  for (let links = 0; links <= LINKS_MAX; ) {
    const part = rest.shift();
    if (part === undefined) return undefined;
    const path = join(here, part);
    const stats = lookAt(path);
    if (stats === undefined) return undefined;
    const isLink = stats.isSymbolicLink();
    const isAbove = rest.length > 0;
    if ((isLink || isAbove) && !trusted.includes(stats.uid)) return path;
    if (isLink) {
      links += 1;
      const target = readlinkSync(path);
      rest.unshift(...partsOf(target));
      if (isAbsolute(target)) here = '/';
    } else {
      if (isAbove && isOpenToOthers(stats)) return path;
      here = path;
    }
  }
  return dir;
}

/** What cannot be looked at is none of these steps: whoever goes there will say so. */
function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.');

/** Root's own group has nobody in it who is not root already. */
const isOpenToOthers = ({ mode, gid }: Stats): boolean =>
  (mode & 0o1000) === 0 && ((mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== 0));

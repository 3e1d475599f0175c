import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';

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

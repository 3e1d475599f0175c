import { constants } from 'node:fs';
import { chmod, type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Files that programs of a sandbox print to lie outside of it, and root inside owns them as root does: it can make one a
 * program of root's (set-user-id, capabilities), which any user of the host who gets there could run. So they lie where
 * nobody gets as long as something runs inside, and come out as plain files.
 */

/** Lets nobody but the agent's account into a directory of its own. */
export const closeDirectory = (dir: string): Promise<void> => chmod(dir, 0o700);

/**
 * Takes from an open file whatever rights it was given: a change of owner drops them all, even to the same owner. Root
 * inside can give it to another account of the host, which would own it still: it is the agent's again.
 */
export async function makePlain(file: FileHandle): Promise<void> {
  const { uid, gid } = await file.stat();
  // A file system that knows no owners knows none of these rights either.
  await file.chown(process.geteuid?.() ?? uid, gid).catch(() => undefined);
  await file.chmod(0o644);
}

/**
 * Makes all files below a closed directory plain, and lets everybody in. Call it when nothing runs that could hold one
 * of them open. Throws what the file system throws; then the directory stays closed.
 */
export async function openDirectory(dir: string): Promise<void> {
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) await openDirectory(path);
    if (!entry.isFile()) continue;
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if ((await file.stat()).isFile()) await makePlain(file);
  }
  await chmod(dir, 0o755);
}

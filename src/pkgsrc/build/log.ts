import { type FileHandle, lstat, mkdir, open, readdir, rm, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { BulkmeshError } from '../../errors.ts';
import { checkPkgName } from '../name.ts';
import type { PkgName } from '../package.ts';
import { KEPT_FILES_DIR } from './keep.ts';
import { cutLog } from './logcut.ts';
import { closeDirectory, openDirectory } from './rights.ts';

/**
 * The logs of one package: `<logDir>/<PKGNAME>/<stage>.log`, and `setup.log` for this program's own notes. Nobody but the
 * agent's account gets at them before they are released.
 */
export interface PackageLogs {
  readonly dir: string;
  pathOf(name: string): string;
  /** Opens a log for appending; the caller closes it. */
  open(name: string): Promise<FileHandle>;
  /** Appends a line to setup.log. A full disk does not stop a build: the line is then lost. */
  note(line: string): Promise<void>;
  /** The last bytes of a log as text; empty when there is none. */
  readTail(name: string, sizeBytes: number): Promise<string>;
  /** Cuts a log, or all of them, to head and tail where they need more than `maxBytes`. Never rejects. */
  cut(maxBytes: number, name?: string): Promise<void>;
  /**
   * Lets everybody read them: when nothing of the package runs any more. Throws what the file system throws; then they stay
   * closed.
   */
  release(): Promise<void>;
  /** Deletes the logs and their directory. */
  remove(): Promise<void>;
}

/** Makes an empty directory for the logs of a package; what an earlier attempt left there is deleted. */
export async function openPackageLogs(logDir: string, pkgname: PkgName): Promise<PackageLogs> {
  const dir = join(logDir, checkPkgName(pkgname));
  await mkdir(dir, { recursive: true });
  await deleteLogs(dir);
  await closeDirectory(dir);
  const note = (line: string): Promise<void> => appendNote(join(dir, 'setup.log'), line);
  return {
    dir,
    pathOf: (name) => join(dir, `${name}.log`),
    open: (name) => open(join(dir, `${name}.log`), 'a', 0o644),
    note,
    readTail: (name, sizeBytes) => readTail(join(dir, `${name}.log`), sizeBytes),
    cut: async (maxBytes, name) => {
      const files = name === undefined ? await listFiles(dir) : [`${name}.log`];
      for (const file of files) {
        await cutLog(join(dir, file), maxBytes).catch((error: unknown) => note(`${file}: ${String(error)}`));
      }
    },
    release: () => openDirectory(dir),
    remove: async () => {
      await deleteLogs(dir);
      await rmdir(dir);
    },
  };
}

/** Only files, one by one, and the directory of kept ones: whatever else somebody put there stays, and no link is followed. */
async function deleteLogs(dir: string): Promise<void> {
  if (!(await lstat(dir)).isDirectory()) {
    throw new BulkmeshError('LOG_DIR_INVALID', `${dir} is not a directory of its own.`, {
      hint: 'Remove it: logs of a package are never written through a link.',
    });
  }
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    if (!entry.isDirectory()) await unlink(join(dir, entry.name));
    // This one is ours, and so is all below it.
    else if (entry.name === KEPT_FILES_DIR) await rm(join(dir, entry.name), { recursive: true });
  }
}

async function listFiles(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  const logs = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.log'));
  return logs.map((entry) => entry.name);
}

async function appendNote(path: string, line: string): Promise<void> {
  try {
    await using file = await open(path, 'a', 0o644);
    await file.write(`${new Date().toISOString()} ${line}\n`);
  } catch {
    // A note is a courtesy; the stage that meets the same full disk says so.
  }
}

async function readTail(path: string, sizeBytes: number): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    const start = Math.max(0, size - sizeBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sizeBytes), 0, sizeBytes, start);
    return buffer.toString('utf8', 0, bytesRead);
  } catch {
    return '';
  }
}

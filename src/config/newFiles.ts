import { randomBytes } from 'node:crypto';
import { link, lstat, mkdir, open, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What was made and what was there already, in order. Absolute paths. */
export interface Placed {
  readonly created: readonly string[];
  readonly kept: readonly string[];
}

/**
 * Makes directories and files that are not there yet, and can take back what it made. Never changes what is
 * there.
 */
export class NewFiles implements Placed {
  readonly created: string[] = [];
  readonly kept: string[] = [];
  readonly #directories: string[] = [];
  readonly #files: string[] = [];

  /** Makes a directory and those above it. Throws when something else has its name. */
  async addDirectory(path: string, mode = 0o755): Promise<void> {
    if (await isDirectory(path)) {
      this.kept.push(path);
      return;
    }
    const missing: string[] = [];
    for (let above = path; !(await isDirectory(above)); above = dirname(above)) missing.unshift(above);
    for (const directory of missing) {
      await mkdir(directory, { mode: directory === path ? mode : 0o755 });
      this.#directories.push(directory);
      this.created.push(directory);
    }
  }

  /**
   * Writes a file, durably and whole: under another name first, then linked to its own, which fails when that
   * exists. Rename would replace a file that another program made in between.
   */
  async addFile(path: string, content: string, mode: number): Promise<void> {
    if (await exists(path)) {
      this.kept.push(path);
      return;
    }
    const temporary = `${path}.${randomBytes(6).toString('hex')}.new`;
    try {
      await writeDurably(temporary, content, mode);
      await giveName(temporary, path);
      this.#files.push(path);
      this.created.push(path);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Removes the files that were made, and those of the directories made that are empty then. */
  async takeBack(): Promise<void> {
    for (const file of this.#files.toReversed()) await rm(file, { force: true });
    for (const directory of this.#directories.toReversed()) {
      // Not empty: somebody else has put something there, and it stays.
      await rmdir(directory).catch(() => undefined);
    }
  }
}

const writeDurably = async (path: string, content: string, mode: number): Promise<void> => {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
};

/** File systems without hard links (FAT, some shared folders of virtual machines) get a rename. */
const giveName = async (temporary: string, path: string): Promise<void> => {
  try {
    await link(temporary, path);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(Object(error).code)) throw error;
    await rename(temporary, path);
  }
};

const exists = async (path: string): Promise<boolean> => {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (Object(error).code === 'ENOENT') return false;
    throw error;
  }
};

const isDirectory = async (path: string): Promise<boolean> => {
  if (!(await exists(path))) return false;
  // A link to a directory is as good as one: /content is often a link to a larger disk.
  return (await stat(path)).isDirectory();
};

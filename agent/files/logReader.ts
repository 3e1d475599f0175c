import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { STAGE_NAMES } from '../../src/pkgsrc/build/stages.ts';
import type { PkgName } from '../../src/pkgsrc/package.ts';

/** One log of a package; `name` without the `.log` of its file. */
interface LogFile {
  readonly name: string;
  readonly sizeBytes: number;
}

/** Which log, and how. */
export interface LogWish {
  readonly pkgname: PkgName;
  /** `all`: each piece under a line that says whose it is. */
  readonly stage: string;
  /** Goes on for as long as the package is being built. */
  readonly follows: boolean;
}

/** True for what a log may be called: a part of a path that stays where it is. */
export const isLogName = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);

/** The logs that a package has, in the order of its stages; others, with this program's own notes, come before them. */
export const listLogs = async (logDir: string, pkgname: PkgName): Promise<readonly LogFile[]> => {
  const dir = join(logDir, pkgname);
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  const names = entries.flatMap((entry) =>
    entry.isFile() && entry.name.endsWith(suffix) ? [entry.name.slice(0, -suffix.length)] : [],
  );
  const stages: readonly string[] = STAGE_NAMES;
  const sorted = names
    .filter(isLogName)
    .toSorted((a, b) => stages.indexOf(a) - stages.indexOf(b) || (a < b ? -1 : 1));
  const files: LogFile[] = [];
  for (const name of sorted) {
    const sizeBytes = await measure(join(dir, `${name}${suffix}`));
    if (sizeBytes !== undefined) files.push({ name, sizeBytes });
  }
  return files;
};

/** How often a log that grows is looked at. */
const lookMs = 250;

/** The bytes of one log, or of all. Ends with the signal too. What cannot be read is left out. */
export async function* readLogs(
  logDir: string,
  { pkgname, stage, follows }: LogWish,
  isRunning: (pkgname: PkgName) => boolean,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const dir = join(logDir, pkgname);
  const readers = new Map<string, LogReader>();
  let last: string | undefined;
  while (!signal.aborted) {
    const mayGrow = follows && isRunning(pkgname);
    const names = stage === 'all' ? (await listLogs(logDir, pkgname)).map(({ name }) => name) : [stage];
    for (const name of names) {
      const reader = readers.get(name) ?? new LogReader(join(dir, `${name}${suffix}`));
      readers.set(name, reader);
      for await (const piece of reader.readNew()) {
        if (stage === 'all' && last !== name) {
          yield Buffer.from(`${last === undefined ? '' : '\n'}==> ${name} <==\n`);
        }
        last = name;
        yield piece;
      }
    }
    if (!mayGrow) return;
    await delay(lookMs, undefined, { signal }).catch(() => undefined);
  }
}

const suffix = '.log';
const pieceBytes = 2 ** 16;

/** No link is followed, and no pipe waited for: programs of a sandbox have written there. */
const plain = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Reads what has come since the last time. */
class LogReader {
  readonly #path: string;
  #inode: number | undefined;
  #offset = 0;

  constructor(path: string) {
    this.#path = path;
  }

  async *readNew(): AsyncGenerator<Buffer> {
    const file = await open(this.#path, plain).catch(() => undefined);
    if (file === undefined) return;
    await using handle = file;
    const stats = await handle.stat();
    if (!stats.isFile()) return;
    // A new attempt has a new log; one that was cut begins anew as well.
    if (stats.ino !== this.#inode || stats.size < this.#offset) this.#offset = 0;
    this.#inode = stats.ino;
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(pieceBytes), 0, pieceBytes, this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }
}

const measure = async (path: string): Promise<number | undefined> => {
  const file = await open(path, plain).catch(() => undefined);
  if (file === undefined) return undefined;
  await using handle = file;
  const stats = await handle.stat();
  return stats.isFile() ? stats.size : undefined;
};

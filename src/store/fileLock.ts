import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isBusy } from './sqlError.ts';

/** A lock on a file. The kernel drops it when the process ends, however it ends. */
export interface FileLock {
  /** Gives the lock up; the file stays. */
  release(): void;
}

/**
 * Locks a file: an open exclusive transaction on an SQLite file of its own, which SQLite holds as a POSIX record
 * lock. A pid file would survive kill -9 and a reused pid would lie; this cannot. Undefined when somebody else, of
 * this process or another, holds it for longer than `patienceMs`. Throws what SQLite throws for a file that cannot be
 * opened.
 */
export const lockFile = (file: string, patienceMs: number): FileLock | undefined => {
  makePrivateFile(file);
  const sql = new DatabaseSync(file, { timeout: patienceMs });
  try {
    sql.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    sql.close();
    if (!isBusy(error)) throw error;
    return undefined;
  }
  return { release: () => sql.close() };
};

/**
 * Makes an empty file of mode 0600 before SQLite would make it by the umask. A file that is there is not
 * even opened: POSIX drops all record locks of a process on a file as soon as it closes any descriptor of
 * that file.
 */
export const makePrivateFile = (file: string): void => {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (Object(error).code !== 'EEXIST') throw error;
  }
};

import { z } from 'zod';
import { BulkmeshError } from '../errors.ts';

const sqliteError = z.object({ code: z.literal('ERR_SQLITE_ERROR'), errcode: z.int(), message: z.string() });
const systemError = z.object({ code: z.string(), syscall: z.string(), message: z.string() });

/** SQLite's primary result codes that mean something to a user; sqlite.org/rescode.html. */
const primary = { busy: 5, readOnly: 8, ioError: 10, corrupt: 11, full: 13, cantOpen: 14, notDatabase: 26 };
/** The shared-memory file could not grow: for a user the same as SQLITE_FULL. */
const shmSize = primary.ioError | (19 << 8);

const freeSpaceHint =
  'Free some space on that file system and start again; nothing that was reported as finished is lost.';
const writableHint = 'Give the account that runs the agent write access, or set another paths.state.';

/** The primary result code of an SQLite error; undefined for anything else. */
const primaryCode = (error: unknown): number | undefined => {
  const found = sqliteError.safeParse(error);
  return found.success ? found.data.errcode & 0xff : undefined;
};

/** True when another connection holds the lock. */
export const isBusy = (error: unknown): boolean => primaryCode(error) === primary.busy;

/** True when the kernel failed to read, write or sync: the file must not be written again by this process. */
export const isIoError = (error: unknown): boolean => {
  const found = sqliteError.safeParse(error);
  return found.success && found.data.errcode !== shmSize && (found.data.errcode & 0xff) === primary.ioError;
};

/** An error of SQLite or of the file system as the user should read it; undefined when it is neither. */
export const describeSqlError = (error: unknown, file: string): BulkmeshError | undefined => {
  if (error instanceof BulkmeshError) return error;
  const found = sqliteError.safeParse(error);
  if (!found.success) return describeSystemError(error, file);
  const { errcode, message } = found.data;
  const make = (code: string, what: string, hint: string): BulkmeshError =>
    new BulkmeshError(code, `${file}: ${what}`, { hint, cause: error });
  if (errcode === shmSize) return make('STORE_DISK_FULL', 'no space left on the device', freeSpaceHint);
  switch (errcode & 0xff) {
    case primary.full:
      return make('STORE_DISK_FULL', 'no space left on the device', freeSpaceHint);
    case primary.ioError:
      return make('STORE_IO', `the disk failed (${message})`, 'Look at the kernel log and at the disk.');
    case primary.corrupt:
    case primary.notDatabase:
      return damagedStore(file, message, error);
    case primary.readOnly:
    case primary.cantOpen:
      return make('STORE_NOT_WRITABLE', `cannot be written (${message})`, writableHint);
    case primary.busy:
      return make('STORE_BUSY', 'another program holds it locked', 'End the program that has it open.');
    default:
      return make('STORE_FAILED', message, 'This is a fault of bulkmesh: report it with its log.');
  }
};

/** The file is no whole database. */
export const damagedStore = (file: string, detail: string, cause?: unknown): BulkmeshError =>
  new BulkmeshError('STORE_DAMAGED', `${file}: damaged (${detail})`, {
    hint:
      'Move the file (and its -wal, -shm) away and start again: the host then gets a new identity, ' +
      'packages that are already built are found again.',
    cause,
  });

const describeSystemError = (error: unknown, file: string): BulkmeshError | undefined => {
  const found = systemError.safeParse(error);
  if (!found.success) return undefined;
  const full = found.data.code === 'ENOSPC' || found.data.code === 'EDQUOT';
  const code = full ? 'STORE_DISK_FULL' : 'STORE_NOT_WRITABLE';
  return new BulkmeshError(code, `${file}: ${found.data.message}`, {
    hint: full ? freeSpaceHint : writableHint,
    cause: error,
  });
};

import { describe, expect, it } from 'vitest';
import { BulkmeshError } from '../../src/errors.ts';
import { describeSqlError, isIoError } from '../../src/store/sqlError.ts';

const makeError = (errcode: number): Error =>
  Object.assign(new Error('as SQLite says'), { code: 'ERR_SQLITE_ERROR', errcode, errstr: '' });

describe('an error of SQLite', () => {
  it.each([
    ['SQLITE_FULL', 13, 'STORE_DISK_FULL'],
    ['SQLITE_IOERR_SHMSIZE', 4874, 'STORE_DISK_FULL'],
    ['SQLITE_IOERR_FSYNC', 1034, 'STORE_IO'],
    ['SQLITE_CORRUPT', 11, 'STORE_DAMAGED'],
    ['SQLITE_NOTADB', 26, 'STORE_DAMAGED'],
    ['SQLITE_READONLY_DBMOVED', 1032, 'STORE_NOT_WRITABLE'],
    ['SQLITE_CANTOPEN', 14, 'STORE_NOT_WRITABLE'],
    ['SQLITE_BUSY', 5, 'STORE_BUSY'],
    ['SQLITE_CONSTRAINT_PRIMARYKEY', 1555, 'STORE_FAILED'],
  ])('%s (%i) is told as %s, with the file and what to do', (_name, errcode, code) => {
    const told = describeSqlError(makeError(errcode), '/state/bulkmesh.db');
    expect(told).toMatchObject({ code, message: expect.stringContaining('/state/bulkmesh.db') });
    expect(told?.hint).not.toBe('');
  });

  it('of the disk ends all writing; a disk that is only full does not', () => {
    expect([1034, 10, 4874, 13].map((errcode) => isIoError(makeError(errcode)))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('is not made of faults of our own, and an error of ours stays what it is', () => {
    expect(describeSqlError(new TypeError('x is undefined'), 'f')).toBeUndefined();
    const own = new BulkmeshError('X', 'y');
    expect(describeSqlError(own, 'f')).toBe(own);
  });
});

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { ZodError, type z } from 'zod';
import type { BulkmeshError } from '../errors.ts';
import { BadValue, describeIssue } from './row.ts';
import { describeSqlError, isIoError } from './sqlError.ts';

/** A row that is there but cannot be understood. It is skipped: one torn row must not stop an agent. */
export interface BadRow {
  readonly table: string;
  readonly reason: string;
}

/** What the tables of the store share: the connection, transactions, and the count of bad rows. */
export interface Database {
  readonly file: string;
  /** Prepared once, kept, reused. */
  prepare(text: string): StatementSync;
  /** Runs `body`; errors of SQLite come out as `BulkmeshError`. */
  read<T>(body: () => T): T;
  /**
   * Runs `body` in one transaction and returns when it is on the disk. Inside another `write` it joins that
   * one. When `body` throws, nothing of it is kept. After an I/O error every later call throws STORE_IO:
   * what the kernel holds of the file can no longer be told from what the disk holds.
   */
  write<T>(body: () => T): T;
  /**
   * The same, but that it need not be on the disk yet: a loss of power may take it back, but not when a later `write` has
   * returned. Inside a `write` it joins that one.
   */
  writeSoon<T>(body: () => T): T;
  /** The rows that fit `schema`; the others are counted and told to the owner of the store. */
  checkRows<T>(table: string, rows: readonly unknown[], schema: z.ZodType<T>): T[];
  /** The same with a function, which throws `BadValue` for a row that it cannot understand. */
  decodeRows<T>(table: string, rows: readonly unknown[], decode: (row: unknown) => T): T[];
  readonly badRows: () => number;
}

/** Wraps an open connection. */
export const wrapDatabase = (sql: DatabaseSync, file: string, onBadRow: (bad: BadRow) => void): Database => {
  let badRows = 0;
  let broken: BulkmeshError | undefined;

  const read = <T>(body: () => T): T => {
    try {
      return body();
    } catch (error) {
      const told = describeSqlError(error, file);
      if (isIoError(error)) broken = told;
      throw told ?? error;
    }
  };

  const write = <T>(body: () => T): T => {
    if (broken !== undefined) throw broken;
    if (sql.isTransaction) return read(body);
    return read(() => inTransaction(sql, body));
  };

  const writeSoon = <T>(body: () => T): T => {
    if (broken !== undefined) throw broken;
    if (sql.isTransaction) return read(body);
    // A write-ahead log is synced at the next full commit, in its order.
    sql.exec('PRAGMA synchronous = NORMAL');
    try {
      return read(() => inTransaction(sql, body));
    } finally {
      sql.exec('PRAGMA synchronous = FULL');
    }
  };

  const decodeRows = <T>(table: string, rows: readonly unknown[], decode: (row: unknown) => T): T[] => {
    const good: T[] = [];
    for (const row of rows) {
      try {
        good.push(decode(row));
      } catch (error) {
        badRows += 1;
        onBadRow({ table, reason: nameDefect(error) });
      }
    }
    return good;
  };

  const checkRows = <T>(table: string, rows: readonly unknown[], schema: z.ZodType<T>): T[] =>
    decodeRows(table, rows, (row) => schema.parse(row));

  const prepare = (text: string): StatementSync => read(() => sql.prepare(text));
  return { file, prepare, read, write, writeSoon, checkRows, decodeRows, badRows: () => badRows };
};

const nameDefect = (error: unknown): string => {
  if (error instanceof ZodError) return describeIssue(error);
  if (error instanceof BadValue) return error.message;
  throw error;
};

const inTransaction = <T>(sql: DatabaseSync, body: () => T): T => {
  sql.exec('BEGIN IMMEDIATE');
  try {
    const result = body();
    sql.exec('COMMIT');
    return result;
  } catch (error) {
    undo(sql);
    throw error;
  }
};

/** SQLite rolls some errors back by itself (a full disk); then there is nothing left to undo. */
const undo = (sql: DatabaseSync): void => {
  if (!sql.isTransaction) return;
  try {
    sql.exec('ROLLBACK');
  } catch {
    // The error that brought us here says more than this one would.
  }
};

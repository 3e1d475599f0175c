import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { Life } from '../core/ids.ts';
import { BulkmeshError } from '../errors.ts';
import { type BuildTable, makeBuildTable } from './builds.ts';
import { type BadRow, type Database, wrapDatabase } from './database.ts';
import { type DecisionTable, makeDecisionTable } from './decisions.ts';
import { makePrivateFile } from './fileLock.ts';
import { type HistoryTable, makeHistoryTable } from './history.ts';
import { beginLife } from './identity.ts';
import { type JournalTable, makeJournalTable } from './journal.ts';
import { type AgentLock, acquireLock } from './lock.ts';
import { makeOutcomeTable, type OutcomeTable } from './outcomes.ts';
import { makePlanTable, type PlanTable } from './plans.ts';
import { makeRunTable, type RunTable } from './runs.ts';
import { makeScanCacheTable, type ScanCacheTable } from './scanCache.ts';
import { migrate } from './schema.ts';
import { damagedStore, describeSqlError } from './sqlError.ts';

/**
 * What an agent keeps between its lives. Every call that changes something is on the disk when it returns, but `endRun`.
 */
export interface Store
  extends BuildTable,
    ScanCacheTable,
    PlanTable,
    JournalTable,
    RunTable,
    HistoryTable,
    OutcomeTable,
    DecisionTable {
  /** The database file. */
  readonly file: string;
  /** This host and this start of its agent. */
  readonly life: Life;
  /** The highest number of a ballot that any entry names, as of the start; 0: none. */
  readonly ballotN: number;
  /** Everything that `body` changes is one commit; an exception that leaves `body` undoes all of it. */
  together<T>(body: () => T): T;
  /** Rows that could not be understood since the store was opened. */
  badRows(): number;
  /** Writes the log into the main file and lets another agent in. The store is of no use afterwards. */
  close(): void;
}

export interface StoreOptions {
  /** Told of each row that cannot be understood and is left out. */
  readonly onBadRow?: (bad: BadRow) => void;
}

/** A person may look into the file with another program; a writer waits for that, but not for ever. */
const busyMs = 5000;

/** `statfs` types of file systems whose locks and shared memory a database cannot rely on: NFS, SMB, CIFS. */
const networkTypes: ReadonlySet<number> = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42]);

/**
 * Opens `<stateDir>/bulkmesh.db` for this agent alone, making directory (mode 0700) and file where they are
 * not there, bringing an older format to the present one, and beginning a new life.
 * @throws {BulkmeshError} AGENT_ALREADY_RUNNING, STORE_NOT_WRITABLE, STORE_NOT_OURS, STORE_NOT_LOCAL, STORE_DISK_FULL,
 * STORE_DAMAGED, STORE_FOREIGN, STORE_TOO_NEW. Nothing stays open or locked after an error.
 */
export const openStore = (stateDir: string, options: StoreOptions = {}): Store => {
  const file = join(stateDir, 'bulkmesh.db');
  const lock = takeStateDir(stateDir);
  try {
    return explain(file, () => openLocked(file, lock, options));
  } catch (error) {
    lock.release();
    throw error;
  }
};

/**
 * Takes a state directory as `openStore` does, without its database: for work that must not meet an agent there.
 * Errors as `openStore`.
 */
export const takeStateDir = (stateDir: string): AgentLock =>
  explain(stateDir, () => {
    makeStateDir(stateDir);
    return acquireLock(stateDir);
  });

const explain = <T>(where: string, body: () => T): T => {
  try {
    return body();
  } catch (error) {
    throw describeSqlError(error, where) ?? error;
  }
};

/** Whoever can write here can put a socket or a sandbox of their own in the place of a root agent's. */
const keepOthersOut = (stateDir: string): void => {
  const { mode, uid } = statSync(stateDir);
  const isOurs = uid === process.getuid?.();
  if (!isOurs || (mode & 0o022) !== 0) {
    const what = isOurs ? `has mode ${(mode & 0o7777).toString(8)}` : `belongs to user ${uid}`;
    throw new BulkmeshError(
      'STORE_NOT_OURS',
      `${stateDir}: ${what}, so others could change what the agent keeps`,
      {
        hint: "Set paths.state to a directory of the agent's own, or give it to the agent's user with mode 700.",
      },
    );
  }
  if ((mode & 0o077) !== 0) chmodSync(stateDir, 0o700);
};

/**
 * The directory's own name is made durable too: a database in a directory that a crash takes away is none.
 */
const makeStateDir = (stateDir: string): void => {
  const made = mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  if (made !== undefined) {
    chmodSync(stateDir, 0o700);
    syncDirectory(dirname(stateDir));
  }
  if (!statSync(stateDir).isDirectory()) {
    throw new BulkmeshError('STORE_NOT_WRITABLE', `${stateDir}: not a directory`, {
      hint: 'Set paths.state to a directory.',
    });
  }
  keepOthersOut(stateDir);
  if (networkTypes.has(statfsSync(stateDir).type)) {
    throw new BulkmeshError('STORE_NOT_LOCAL', `${stateDir}: lies on a network file system`, {
      hint: 'Set paths.state to a directory on a local disk of this host.',
    });
  }
};

const syncDirectory = (directory: string): void => {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

const openLocked = (file: string, lock: AgentLock, options: StoreOptions): Store => {
  // SQLite gives the same mode to the -wal and -shm files.
  makePrivateFile(file);
  const sql = new DatabaseSync(file, { timeout: busyMs, enableForeignKeyConstraints: true });
  try {
    sql.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    checkIntegrity(sql, file);
    migrate(sql, file);
    const db = wrapDatabase(sql, file, options.onBadRow ?? (() => undefined));
    const close = (): void => {
      try {
        sql.close();
      } finally {
        lock.release();
      }
    };
    return composeStore(db, close);
  } catch (error) {
    sql.close();
    throw error;
  }
};

const composeStore = (db: Database, close: () => void): Store => {
  const { life, ballotN } = beginLife(db);
  return {
    file: db.file,
    life,
    ballotN,
    ...makeBuildTable(db, life),
    ...makeScanCacheTable(db),
    ...makePlanTable(db),
    ...makeJournalTable(db),
    ...makeRunTable(db, life),
    ...makeHistoryTable(db),
    ...makeOutcomeTable(db),
    ...makeDecisionTable(db),
    together: (body) => db.write(body),
    badRows: () => db.badRows(),
    close,
  };
};

const checkIntegrity = (sql: DatabaseSync, file: string): void => {
  const row = sql.prepare('PRAGMA quick_check(1)').get();
  const { quick_check: verdict } = z.object({ quick_check: z.string() }).parse(row);
  if (verdict !== 'ok') throw damagedStore(file, verdict);
};

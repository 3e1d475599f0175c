import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { ZodError } from 'zod';
import type { Entry, Fact } from '../core/facts/fact.ts';
import { listStanding } from '../core/facts/merge.ts';
import { type PlanId, parseToken } from '../core/ids.ts';
import { BulkmeshError } from '../errors.ts';
import type { Database } from './database.ts';
import { decodeEntry, encodeEntry, entryColumns } from './entryRow.ts';
import { BadValue } from './row.ts';

export interface JournalTable {
  /**
   * Keeps all of them or none, in one commit, and returns when they are on the disk; the runs that they end
   * are closed in the same commit. An entry that is there already is left alone; one that is there and cannot be
   * understood any more is put right.
   * @throws {BulkmeshError} STORE_ENTRY_CONFLICT when an entry of the same plan, origin and number says something
   * else, STORE_BAD_VALUE when an entry could not be read back (a time that is no number), STORE_DISK_FULL,
   * STORE_IO.
   */
  addEntries(entries: readonly Entry[]): void;
  /** Every entry of the plan, by origin and number. A row that cannot be understood is reported and left out. */
  entriesOf(planId: PlanId): Entry[];
  /** Those of them that are facts, without the failures that a retry has voided. */
  factsOf(planId: PlanId): Fact[];
}

/** The part that changes nothing. */
export type JournalQueries = Omit<JournalTable, 'addEntries'>;

/** What all agents that this one knows of have noted of the attempts at each task, by plan. */
export const makeJournalTable = (db: Database): JournalTable => {
  const row = 'INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';
  const insert = db.prepare(`INSERT ${row} ON CONFLICT DO NOTHING`);
  const replace = db.prepare(`INSERT OR REPLACE ${row}`);
  const selectOne = db.prepare(
    `SELECT ${entryColumns} FROM journal
     WHERE plan_id = ? AND host = ? AND incarnation = ? AND boot = ? AND seq = ?`,
  );
  selectOne.setReturnArrays(true);
  const endRun = db.prepare('DELETE FROM runs WHERE token = ?');
  const raiseBallot = db.prepare('UPDATE host SET ballot_n = ?1 WHERE ballot_n < ?1');
  return {
    ...makeJournalQueries(db),
    addEntries: (entries) => {
      if (entries.length === 0) return;
      const rows = entries.map(encodeEntry);
      db.write(() => {
        for (const row of rows) {
          if (insert.run(...row).changes > 0) continue;
          if (isUnreadable(selectOne, row)) replace.run(...row);
          else refuseConflict(selectOne, row);
        }
        for (const { token } of entries) endRun.run(token);
        raiseBallot.run(findHighestBallot(entries));
      });
    },
  };
};

export const makeJournalQueries = (db: Database): JournalQueries => {
  const selectPlan = db.prepare(
    `SELECT ${entryColumns} FROM journal WHERE plan_id = ? ORDER BY host, incarnation, boot, seq`,
  );
  selectPlan.setReturnArrays(true);
  const entriesOf = (plan: PlanId): Entry[] => {
    const rows = db.read(() => selectPlan.all(plan));
    return db.decodeRows('journal', rows, decodeEntry);
  };
  return { entriesOf, factsOf: (plan) => listStanding(entriesOf(plan)) };
};

/** Each token says under which ballot it was made. */
const findHighestBallot = (entries: readonly Entry[]): number =>
  entries.reduce((highest, { token }) => Math.max(highest, parseToken(token)?.n ?? 0), 0);

/** What is kept under the key of a row. */
const findKept = (selectOne: StatementSync, row: readonly SQLInputValue[]): unknown => {
  const [plan = '', host = '', incarnation = 0, boot = '', seq = 0] = row;
  return selectOne.get(plan, host, incarnation, boot, seq);
};

const isUnreadable = (selectOne: StatementSync, row: readonly SQLInputValue[]): boolean => {
  try {
    decodeEntry(findKept(selectOne, row));
    return false;
  } catch (error) {
    if (error instanceof BadValue || error instanceof ZodError) return true;
    throw error;
  }
};

const refuseConflict = (selectOne: StatementSync, row: readonly SQLInputValue[]): void => {
  const [plan = '', host = '', incarnation = 0, , seq = 0] = row;
  const kept = findKept(selectOne, row);
  if (Array.isArray(kept) && row.every((value, index) => value === kept[index])) return;
  throw new BulkmeshError(
    'STORE_ENTRY_CONFLICT',
    `entry ${seq} of ${host} (start ${incarnation}) in plan ${plan} is known with other content`,
    { hint: 'Was the state directory of a host copied to another? Each host needs its own.' },
  );
};

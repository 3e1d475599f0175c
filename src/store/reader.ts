import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BulkmeshError } from '../errors.ts';
import { type BuildQueries, makeBuildQueries } from './builds.ts';
import { type BadRow, wrapDatabase } from './database.ts';
import { type DecisionQueries, makeDecisionQueries } from './decisions.ts';
import { type HistoryQueries, makeHistoryQueries } from './history.ts';
import { type JournalQueries, makeJournalQueries } from './journal.ts';
import { makeOutcomeQueries, type OutcomeQueries } from './outcomes.ts';
import { makePlanQueries, type PlanQueries } from './plans.ts';
import { checkVersion } from './schema.ts';
import { describeSqlError } from './sqlError.ts';

/** What can be read of a store beside its agent, or without one. */
export interface StoreReader
  extends BuildQueries,
    HistoryQueries,
    OutcomeQueries,
    DecisionQueries,
    JournalQueries,
    PlanQueries {
  readonly file: string;
  close(): void;
}

/** An agent that is just checkpointing is waited for. */
const busyMs = 5000;

/**
 * Opens `<stateDir>/bulkmesh.db` for reading, without the agent's lock: whether an agent runs, ended or was killed makes
 * no difference. What is read is as of the last commit.
 * @throws {BulkmeshError} STORE_ABSENT, STORE_NOT_READABLE, STORE_TOO_OLD, STORE_TOO_NEW, STORE_FOREIGN, STORE_DAMAGED.
 */
export const openReader = (
  stateDir: string,
  onBadRow: (bad: BadRow) => void = () => undefined,
): StoreReader => {
  const file = join(stateDir, 'bulkmesh.db');
  checkReadable(file);
  const sql = open(file);
  try {
    checkVersion(sql, file);
    const db = wrapDatabase(sql, file, onBadRow);
    return {
      file,
      ...makeBuildQueries(db),
      ...makeHistoryQueries(db),
      ...makeOutcomeQueries(db),
      ...makeDecisionQueries(db),
      ...makeJournalQueries(db),
      ...makePlanQueries(db),
      close: () => sql.close(),
    };
  } catch (error) {
    sql.close();
    throw describeSqlError(error, file) ?? error;
  }
};

const checkReadable = (file: string): void => {
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    if (Object(error).code === 'ENOENT') {
      throw new BulkmeshError(
        'STORE_ABSENT',
        `${file}: there is none: nothing was built with this config yet`,
        {
          hint: 'bulkmesh build makes it, or name another config with -c.',
          cause: error,
        },
      );
    }
    throw new BulkmeshError('STORE_NOT_READABLE', `${file}: this account may not read it`, {
      hint: 'Ask as the account that runs the agent.',
      cause: error,
    });
  }
};

const open = (file: string): DatabaseSync => {
  try {
    return new DatabaseSync(file, { readOnly: true, timeout: busyMs });
  } catch (error) {
    throw describeSqlError(error, file) ?? error;
  }
};

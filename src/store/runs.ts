import { z } from 'zod';
import type { Trouble } from '../core/failure/trouble.ts';
import {
  type Life,
  type PlanId,
  planId,
  type SlotName,
  slotName,
  type TaskName,
  type Token,
  taskName,
} from '../core/ids.ts';
import type { Database } from './database.ts';
import { tokenColumn } from './row.ts';
import { troubleSchema } from './trouble.ts';

/** What is about to run, written down before its first process starts. */
export interface RunRecord {
  readonly token: Token;
  readonly planId: PlanId;
  readonly task: TaskName;
  readonly slot: SlotName;
  /** Unix milliseconds. */
  readonly startedAtMs: number;
}

/** A run that no end was written for. */
export interface OpenRun extends RunRecord {
  /** The life that started it. Smaller than the present one: it died in the middle. */
  readonly incarnation: number;
}

/** A run that ended in trouble of the host: kept for the report and for people, never a fact. */
export interface Attempt extends RunRecord {
  readonly trouble: Trouble;
  /** One line. */
  readonly detail: string;
  /** Unix milliseconds. */
  readonly endedAtMs: number;
}

export interface RunTable {
  /** Durable when it returns. Call before anything of the run is started. */
  beginRun(run: RunRecord): void;
  /**
   * Forgets the run; nothing happens when it is not open. `addEntries` and `addAttempt` do it in their own
   * commit, so that this one waits for no disk: after a loss of power the run may be open again.
   */
  endRun(token: Token): void;
  /** Every run without an end, oldest first. At boot: what earlier lives left. */
  openRuns(): OpenRun[];
  /** Keeps the attempt (once per token) and closes its run in the same commit. */
  addAttempt(attempt: Attempt): void;
  /** In the order they were added. */
  attemptsOf(planId: PlanId): Attempt[];
}

const runColumns = {
  token: tokenColumn,
  planId: z.string().transform(planId),
  task: z.string().transform(taskName),
  slot: z.string().transform(slotName),
  startedAtMs: z.number(),
};
const runRow = z.object({ ...runColumns, incarnation: z.int() });
const attemptRow = z.object({
  ...runColumns,
  trouble: troubleSchema,
  detail: z.string(),
  endedAtMs: z.number(),
});

const runSelect = 'token, plan_id AS planId, task, slot, started_at_ms AS startedAtMs';

/** The runs and attempts of the agent whose present life is `life`. */
export const makeRunTable = (db: Database, life: Life): RunTable => {
  const insertRun = db.prepare('INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?)');
  const deleteRun = db.prepare('DELETE FROM runs WHERE token = ?');
  const selectRuns = db.prepare(`SELECT ${runSelect}, incarnation FROM runs ORDER BY started_at_ms, token`);
  const insertAttempt = db.prepare(
    `INSERT INTO attempts (plan_id, task, token, slot, trouble, detail, started_at_ms, ended_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (token) DO NOTHING`,
  );
  const selectAttempts = db.prepare(
    `SELECT ${runSelect}, trouble, detail, ended_at_ms AS endedAtMs FROM attempts
     WHERE plan_id = ? ORDER BY number`,
  );
  return {
    beginRun: (run) => {
      db.write(() =>
        insertRun.run(run.token, run.planId, run.task, run.slot, life.incarnation, run.startedAtMs),
      );
    },
    endRun: (token) => {
      db.writeSoon(() => deleteRun.run(token));
    },
    openRuns: () =>
      db.checkRows(
        'runs',
        db.read(() => selectRuns.all()),
        runRow,
      ),
    addAttempt: (a) => {
      db.write(() => {
        deleteRun.run(a.token);
        const { planId: plan, task, token, slot, detail, startedAtMs, endedAtMs } = a;
        insertAttempt.run(plan, task, token, slot, a.trouble, detail, startedAtMs, endedAtMs);
      });
    },
    attemptsOf: (plan) =>
      db.checkRows(
        'attempts',
        db.read(() => selectAttempts.all(plan)),
        attemptRow,
      ),
  };
};

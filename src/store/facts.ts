import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { z } from 'zod';
import type { Fact, Outcome, StepTime } from '../core/facts/fact.ts';
import { hostId, type Life, type PlanId, planId, slotName, type Token, taskName } from '../core/ids.ts';
import { BulkmeshError } from '../errors.ts';
import type { Database } from './database.ts';
import { jsonColumn } from './jsonColumn.ts';

export interface FactTable {
  /**
   * Keeps all of them or none, in one commit, and returns when they are on the disk; the runs that they end
   * are closed in the same commit. A fact that is there already is left alone.
   * @throws {BulkmeshError} STORE_FACT_CONFLICT when a fact of the same origin and number says something
   * else, STORE_BAD_VALUE when a fact could not be read back (a time that is no number), STORE_DISK_FULL,
   * STORE_IO.
   */
  addFacts(facts: readonly Fact[]): void;
  /**
   * Every fact of the plan, by origin and number. A row that cannot be understood is reported and left out.
   */
  factsOf(planId: PlanId): Fact[];
  /** The number for the next fact of this life: 1 at the start, dense. */
  nextSeq(): number;
}

const outcome: z.ZodType<Outcome> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('built'), digest: z.string(), sizeBytes: z.number() }),
  z.object({
    kind: z.literal('failed'),
    class: z.enum(['package', 'infra']),
    stage: z.string(),
    reason: z.string(),
  }),
]);

/** The steps of a run as they are kept in a JSON column. */
export const stepsSchema: z.ZodType<readonly StepTime[]> = z.array(
  z.object({ step: z.string(), wallMs: z.number(), cpuMs: z.number() }),
);

/** A token from a column: it was made by `makeToken` before it was written. */
export const tokenColumn: z.ZodType<Token> = z.custom<Token>(
  (value) => typeof value === 'string' && /^\d+\.\d+@[^\s@]+$/.test(value),
  'no token',
);

const numbers = {
  startedAtMs: z.number(),
  wallMs: z.number(),
  cpuMs: z.number(),
  jobs: z.int(),
  diskBytes: z.number(),
};
const names = {
  planId: z.string().transform(planId),
  task: z.string().transform(taskName),
  token: tokenColumn,
  slot: z.string().transform(slotName),
};
const life = z.object({ host: z.string().transform(hostId), incarnation: z.int().min(1) });
const seq = z.int().min(1);

const factSchema = z.object({ ...names, ...numbers, origin: life, seq, outcome, steps: stepsSchema });

const factRow = z
  .object({
    ...names,
    ...numbers,
    ...life.shape,
    seq,
    outcome: jsonColumn(outcome),
    steps: jsonColumn(stepsSchema),
  })
  .transform(({ host, incarnation, ...rest }): Fact => ({ ...rest, origin: { host, incarnation } }));

const columns =
  'host, incarnation, seq, plan_id AS planId, task, token, outcome, slot, started_at_ms AS startedAtMs, ' +
  'wall_ms AS wallMs, cpu_ms AS cpuMs, jobs, steps, disk_bytes AS diskBytes';

/** The facts of all agents that this one knows. */
export const makeFactTable = (db: Database, present: Life): FactTable => {
  const insert = db.prepare(
    'INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const selectOne = db.prepare('SELECT * FROM facts WHERE host = ? AND incarnation = ? AND seq = ?');
  selectOne.setReturnArrays(true);
  const selectPlan = db.prepare(
    `SELECT ${columns} FROM facts WHERE plan_id = ? ORDER BY host, incarnation, seq`,
  );
  const selectLast = db.prepare('SELECT max(seq) AS last FROM facts WHERE host = ? AND incarnation = ?');
  const endRun = db.prepare('DELETE FROM runs WHERE token = ?');
  return {
    addFacts: (facts) => {
      if (facts.length === 0) return;
      const rows = facts.map(encodeFact);
      db.write(() => {
        for (const row of rows) {
          if (insert.run(...row).changes === 0) refuseConflict(selectOne, row);
        }
        for (const fact of facts) endRun.run(fact.token);
      });
    },
    factsOf: (plan) =>
      db.checkRows(
        'facts',
        db.read(() => selectPlan.all(plan)),
        factRow,
      ),
    nextSeq: () => {
      const row = db.read(() => selectLast.get(present.host, present.incarnation));
      return (z.object({ last: z.int().nullable() }).parse(row).last ?? 0) + 1;
    },
  };
};

/** A fact as one row. The JSON columns have one form per value, so that equal facts are equal rows. */
const encodeFact = (fact: Fact): SQLInputValue[] => {
  const checked = factSchema.safeParse(fact);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    throw new BulkmeshError(
      'STORE_BAD_VALUE',
      `fact of ${fact.task} (${fact.token}): ${issue?.path.join('.')}: ${issue?.message}`,
      { hint: 'This is a fault of bulkmesh: report it with its log.' },
    );
  }
  // zod's copies have the keys in the order of the schema.
  const f = checked.data;
  const where = [f.origin.host, f.origin.incarnation, f.seq];
  const what = [f.planId, f.task, f.token, JSON.stringify(f.outcome), f.slot];
  return [...where, ...what, f.startedAtMs, f.wallMs, f.cpuMs, f.jobs, JSON.stringify(f.steps), f.diskBytes];
};

const refuseConflict = (selectOne: StatementSync, row: readonly SQLInputValue[]): void => {
  const [host = '', incarnation = 0, number = 0] = row;
  const kept: unknown = selectOne.get(host, incarnation, number);
  if (Array.isArray(kept) && row.every((value, index) => value === kept[index])) return;
  throw new BulkmeshError(
    'STORE_FACT_CONFLICT',
    `fact ${number} of ${host} (start ${incarnation}) is known with other content`,
    { hint: 'Was the state directory of a host copied to another? Each host needs its own.' },
  );
};

import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { z } from 'zod';
import type { Fact, Outcome, StepTime } from '../core/facts/fact.ts';
import { hostId, type Life, type PlanId, planId, slotName, taskName } from '../core/ids.ts';
import { BulkmeshError, messageOf } from '../errors.ts';
import type { Database } from './database.ts';
import { RowReader } from './row.ts';

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

/** The part that changes nothing. */
export type FactQueries = Pick<FactTable, 'factsOf'>;

const outcome: z.ZodType<Outcome> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('built'), digest: z.string(), sizeBytes: z.number() }),
  z.object({
    kind: z.literal('failed'),
    class: z.enum(['package', 'timeout', 'infra']),
    stage: z.string(),
    reason: z.string(),
  }),
]);

/** The steps of a run as they are kept in a JSON column. */
export const stepsSchema: z.ZodType<readonly StepTime[]> = z.array(
  z.object({ step: z.string(), wallMs: z.number(), cpuMs: z.number() }),
);

const columns =
  'host, incarnation, seq, plan_id, task, token, outcome, slot, started_at_ms, wall_ms, cpu_ms, jobs, ' +
  'steps, disk_bytes, memory_bytes';

/** The facts of all agents that this one knows. */
export const makeFactTable = (db: Database, present: Life): FactTable => {
  const insert = db.prepare(
    'INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const selectOne = db.prepare('SELECT * FROM facts WHERE host = ? AND incarnation = ? AND seq = ?');
  selectOne.setReturnArrays(true);
  const selectLast = db.prepare('SELECT max(seq) AS last FROM facts WHERE host = ? AND incarnation = ?');
  const endRun = db.prepare('DELETE FROM runs WHERE token = ?');
  return {
    ...makeFactQueries(db),
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
    nextSeq: () => {
      const row = db.read(() => selectLast.get(present.host, present.incarnation));
      return (z.object({ last: z.int().nullable() }).parse(row).last ?? 0) + 1;
    },
  };
};

export const makeFactQueries = (db: Database): FactQueries => {
  const selectPlan = db.prepare(
    `SELECT ${columns} FROM facts WHERE plan_id = ? ORDER BY host, incarnation, seq`,
  );
  selectPlan.setReturnArrays(true);
  return {
    factsOf: (plan) => {
      const rows = db.read(() => selectPlan.all(plan));
      return db.decodeRows('facts', rows, decodeFact);
    },
  };
};

/** In the order of `columns`. */
const decodeFact = (row: unknown): Fact => {
  const reader = new RowReader(row);
  return {
    origin: { host: hostId(reader.text('host')), incarnation: reader.number('incarnation') },
    seq: reader.number('seq'),
    planId: planId(reader.text('plan_id')),
    task: taskName(reader.text('task')),
    token: reader.token('token'),
    outcome: reader.json('outcome', outcome),
    slot: slotName(reader.text('slot')),
    startedAtMs: reader.number('started_at_ms'),
    wallMs: reader.number('wall_ms'),
    cpuMs: reader.number('cpu_ms'),
    jobs: reader.number('jobs'),
    steps: reader.json('steps', stepsSchema),
    diskBytes: reader.number('disk_bytes'),
    memoryBytes: reader.number('memory_bytes'),
  };
};

/**
 * In the order of `columns`, and read back at once: what could not be read later must not be reported as
 * kept. The JSON columns have one form per value, so that equal facts are equal rows.
 */
const encodeFact = (fact: Fact): SQLInputValue[] => {
  // zod's copies have their keys in the order of the schema.
  const json = (schema: z.ZodType, value: unknown): string =>
    JSON.stringify(schema.safeParse(value).data ?? value);
  const where = [fact.origin.host, fact.origin.incarnation, fact.seq, fact.planId, fact.task, fact.token];
  const what = [json(outcome, fact.outcome), fact.slot, fact.startedAtMs, fact.wallMs, fact.cpuMs, fact.jobs];
  const row = [...where, ...what, json(stepsSchema, fact.steps), fact.diskBytes, fact.memoryBytes];
  try {
    decodeFact(row);
  } catch (error) {
    const what = messageOf(error);
    throw new BulkmeshError('STORE_BAD_VALUE', `fact of ${fact.task} (${fact.token}): ${what}`, {
      hint: 'This is a fault of bulkmesh: report it with its log.',
      cause: error,
    });
  }
  return row;
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

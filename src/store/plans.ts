import { z } from 'zod';
import { type BuildId, type PlanId, planId } from '../core/ids.ts';
import { BulkmeshError } from '../errors.ts';
import type { Database } from './database.ts';

export interface PlanTable {
  /** A plan never changes: saving it again with other bytes throws STORE_PLAN_CONFLICT. */
  savePlan(plan: PlanId, build: BuildId, bytes: Uint8Array): void;
  loadPlan(plan: PlanId): Uint8Array | undefined;
  /** The plans of a build, in the order they were saved. */
  plansOf(build: BuildId): PlanId[];
}

/** The part that changes nothing. */
export type PlanQueries = Pick<PlanTable, 'plansOf'>;

const planRow = z.object({ bytes: z.instanceof(Uint8Array) });
const planIdRow = z.object({ id: z.string().transform(planId) });

/** The plans that this agent knows, each for ever as it was first saved. */
export const makePlanTable = (db: Database): PlanTable => {
  const insert = db.prepare('INSERT INTO plans VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
  const select = db.prepare('SELECT bytes FROM plans WHERE id = ?');
  const load = (plan: PlanId): Uint8Array | undefined =>
    db.checkRows(
      'plans',
      db.read(() => select.all(plan)),
      planRow,
    )[0]?.bytes;
  return {
    savePlan: (plan, build, bytes) => {
      const { changes } = db.write(() => insert.run(plan, build, bytes));
      if (changes !== 0 || Buffer.compare(bytes, load(plan) ?? new Uint8Array()) === 0) return;
      throw new BulkmeshError('STORE_PLAN_CONFLICT', `plan ${plan} is known with other content`, {
        hint: 'This is a fault of bulkmesh: report it with its log.',
      });
    },
    loadPlan: load,
    ...makePlanQueries(db),
  };
};

export const makePlanQueries = (db: Database): PlanQueries => {
  const selectOf = db.prepare('SELECT id FROM plans WHERE build = ? ORDER BY rowid');
  return {
    plansOf: (build) =>
      db
        .checkRows(
          'plans',
          db.read(() => selectOf.all(build)),
          planIdRow,
        )
        .map((row) => row.id),
  };
};

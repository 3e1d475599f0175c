import type { SQLInputValue } from 'node:sqlite';
import { z } from 'zod';
import type { Entry, Fact, Outcome, Retried, StepTime, Troubled } from '../core/facts/fact.ts';
import type { Token } from '../core/ids.ts';
import { hostId, parseToken, planId, slotName, taskName } from '../core/ids.ts';
import type { Task } from '../core/plan.ts';
import { BulkmeshError, messageOf } from '../errors.ts';
import { RowReader } from './row.ts';
import { troubleSchema } from './trouble.ts';

/** The columns of a journal, in the order of the two functions below. */
export const entryColumns =
  'plan_id, host, incarnation, boot, seq, task, token, outcome, slot, started_at_ms, wall_ms, cpu_ms, jobs, ' +
  'steps, disk_bytes, memory_bytes';

const task: z.ZodType<Task> = z.object({
  name: z.string().transform(taskName),
  needs: z.array(z.string().transform(taskName)),
  estimateMs: z.number(),
  jobsSafe: z.boolean(),
  weight: z.number(),
  diskBytes: z.number(),
  memoryBytes: z.number(),
});

const outcome: z.ZodType<Outcome | Troubled | Retried> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('built'),
    digest: z.string(),
    sizeBytes: z.number(),
    adds: z.array(task).exactOptional(),
  }),
  z.object({
    kind: z.literal('failed'),
    class: z.enum(['package', 'timeout', 'infra']),
    stage: z.string(),
    reason: z.string(),
  }),
  z.object({
    kind: z.literal('troubled'),
    trouble: troubleSchema,
    detail: z.string(),
    stage: z
      .string()
      .nullish()
      .transform((stage) => stage ?? undefined),
    alone: z.boolean(),
    hostSuspect: z.boolean(),
  }),
  z.object({
    kind: z.literal('retried'),
    voids: z.array(z.custom<Token>((text) => typeof text === 'string' && parseToken(text) !== undefined)),
  }),
]);

/** The steps of a run as they are kept in a JSON column. */
export const stepsSchema: z.ZodType<readonly StepTime[]> = z.array(
  z.object({ step: z.string(), wallMs: z.number(), cpuMs: z.number() }),
);

/** @throws {BadValue} and the ZodError, for a row that is no entry. */
export const decodeEntry = (row: unknown): Entry => {
  const reader = new RowReader(row);
  const plan = planId(reader.text('plan_id'));
  const host = hostId(reader.text('host'));
  const origin = { host, incarnation: reader.number('incarnation'), boot: reader.text('boot') };
  const key = { planId: plan, origin, seq: reader.number('seq'), task: taskName(reader.text('task')) };
  const token = reader.token('token');
  const ended = reader.json('outcome', outcome);
  const rest: Omit<Fact, keyof typeof key | 'token' | 'outcome'> = {
    slot: slotName(reader.text('slot')),
    startedAtMs: reader.number('started_at_ms'),
    wallMs: reader.number('wall_ms'),
    cpuMs: reader.number('cpu_ms'),
    jobs: reader.number('jobs'),
    steps: reader.json('steps', stepsSchema),
    diskBytes: reader.number('disk_bytes'),
    memoryBytes: reader.number('memory_bytes'),
  };
  switch (ended.kind) {
    case 'troubled':
      return { ...key, token, outcome: ended, ...rest };
    case 'retried':
      return { ...key, token, outcome: ended, ...rest };
    default:
      return { ...key, token, outcome: ended, ...rest };
  }
};

/**
 * Read back at once: what could not be read later must not be reported as kept. The JSON columns have one form per
 * value, so that equal entries are equal rows.
 * @throws {BulkmeshError} STORE_BAD_VALUE
 */
export const encodeEntry = (entry: Entry): SQLInputValue[] => {
  // zod's copies have their keys in the order of the schema.
  const json = (schema: z.ZodType, value: unknown): string =>
    JSON.stringify(schema.safeParse(value).data ?? value);
  const { origin, token, slot, startedAtMs, wallMs, cpuMs, jobs } = entry;
  const who = [entry.planId, origin.host, origin.incarnation, origin.boot, entry.seq, entry.task, token];
  const what = [json(outcome, entry.outcome), slot, startedAtMs, wallMs, cpuMs, jobs];
  const row = [...who, ...what, json(stepsSchema, entry.steps), entry.diskBytes, entry.memoryBytes];
  try {
    decodeEntry(row);
  } catch (error) {
    throw new BulkmeshError('STORE_BAD_VALUE', `entry of ${entry.task} (${token}): ${messageOf(error)}`, {
      hint: 'This is a fault of bulkmesh: report it with its log.',
      cause: error,
    });
  }
  return row;
};

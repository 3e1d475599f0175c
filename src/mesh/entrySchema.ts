import { z } from 'zod';
import type { Entry, Outcome, Retried, StepTime, Troubled } from '../core/facts/fact.ts';
import { troubles } from '../core/failure/trouble.ts';
import type { SlotName } from '../core/ids.ts';
import type { Task } from '../core/plan.ts';
import { isSlotName } from './names.ts';
import * as part from './schemaParts.ts';

const taskSchema: z.ZodType<Task> = z.object({
  name: part.taskNameSchema,
  needs: part.listOf(part.taskNameSchema),
  estimateMs: z.number().min(1),
  jobsSafe: z.boolean(),
  weight: part.amountSchema,
  diskBytes: part.sizeSchema,
  memoryBytes: part.sizeSchema,
});

const outcomeSchema: z.ZodType<Outcome | Troubled | Retried> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('built'),
    digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
    sizeBytes: part.countSchema,
    adds: part.longListOf(taskSchema).exactOptional(),
  }),
  z.object({
    kind: z.literal('failed'),
    class: z.enum(['package', 'timeout', 'infra']),
    stage: part.textSchema,
    reason: part.textSchema,
  }),
  z.object({
    kind: z.literal('troubled'),
    trouble: z.enum(troubles),
    detail: part.textSchema,
    stage: part.maybe(part.textSchema),
    alone: z.boolean(),
    hostSuspect: z.boolean(),
  }),
  z.object({ kind: z.literal('retried'), voids: part.listOf(part.tokenSchema) }),
]);

const stepSchema: z.ZodType<StepTime> = z.object({
  step: part.textSchema,
  wallMs: part.amountSchema,
  cpuMs: part.amountSchema,
});

/** One entry of a journal. */
export const entrySchema: z.ZodType<Entry> = z
  .object({
    planId: part.planIdSchema,
    task: part.taskNameSchema,
    token: part.tokenSchema,
    origin: part.lifeSchema,
    seq: part.ordinalSchema,
    slot: z.custom<SlotName>(isSlotName),
    startedAtMs: part.amountSchema,
    wallMs: part.amountSchema,
    cpuMs: part.amountSchema,
    jobs: part.countSchema,
    steps: part.listOf(stepSchema),
    diskBytes: part.amountSchema,
    memoryBytes: part.amountSchema,
    outcome: outcomeSchema,
  })
  .transform(({ outcome, ...rest }): Entry => {
    switch (outcome.kind) {
      case 'troubled':
        return { ...rest, outcome };
      case 'retried':
        return { ...rest, outcome };
      default:
        return { ...rest, outcome };
    }
  });

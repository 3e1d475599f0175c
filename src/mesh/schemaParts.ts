import { z } from 'zod';
import type { Ballot, HostId, Life, PlanId, TaskName, Token } from '../core/ids.ts';
import type { HeldItem, Load, RunItem, StealId } from '../core/message.ts';
import { isBoot, isHostId, isPlanId, isTaskName, isToken } from './names.ts';

/** The longest list of anything, but for lists of all tasks of a plan. */
const listMax = 4_096;
const tasksMax = 65_536;
const textMax = 65_536;

/** A field that is absent where its value is undefined. */
export const maybe = <Output>(schema: z.ZodType<Output>) => schema.optional().transform((value) => value);

export const listOf = <Output>(schema: z.ZodType<Output>) => z.array(schema).max(listMax);

/** A list that may name each task of a plan. */
export const longListOf = <Output>(schema: z.ZodType<Output>) => z.array(schema).max(tasksMax);

/** What people read, made safe where it is shown. */
export const textSchema = z.string().max(textMax);
export const countSchema = z.int().min(0);
export const ordinalSchema = z.int().min(1);
/** Any number that is one. */
export const amountSchema = z.number();
export const sizeSchema = z.number().min(0);

export const hostSchema = z.custom<HostId>(isHostId);
export const taskNameSchema = z.custom<TaskName>(isTaskName);
export const planIdSchema = z.custom<PlanId>(isPlanId);
export const tokenSchema = z.custom<Token>(isToken);

export const lifeSchema: z.ZodType<Life> = z.object({
  host: hostSchema,
  incarnation: ordinalSchema,
  boot: z.custom<string>(isBoot),
});

export const ballotSchema: z.ZodType<Ballot> = z.object({ n: countSchema, life: lifeSchema });

export const loadSchema: z.ZodType<Load> = z.object({
  usable: countSchema,
  running: countSchema,
  queued: countSchema,
  givable: countSchema,
  waitMs: amountSchema,
  coresFree: amountSchema,
  memoryFreeBytes: maybe(amountSchema),
  diskFreeBytes: maybe(amountSchema),
  speed: z.number().positive(),
  measuredMs: z.number().min(0).exactOptional(),
  isDrained: z.boolean().exactOptional(),
});

export const heldShape = {
  planId: planIdSchema,
  task: taskNameSchema,
  token: tokenSchema,
  again: z.boolean(),
  duplicate: z.boolean(),
} as const;

export const heldSchema: z.ZodType<HeldItem> = z.object(heldShape);
export const runSchema: z.ZodType<RunItem> = z.object({ ...heldShape, leftMs: amountSchema });
export const stealSchema: z.ZodType<StealId> = z.object({ thief: lifeSchema, count: countSchema });

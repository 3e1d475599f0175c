import { z } from 'zod';
import { isSameLife } from '../core/ids.ts';
import type { GrantItem, HaveNews, Message, PlanNews, PlanVector } from '../core/message.ts';
import { entrySchema } from './entrySchema.ts';
import { isWord } from './names.ts';
import * as part from './schemaParts.ts';

type MessageOf<Kind extends Message['kind']> = Extract<Message, { readonly kind: Kind }>;
type Entries = MessageOf<'entries'>;

const { ballotSchema: ballot, heldSchema: item, hostSchema: host, stealSchema: id } = part;

const newsSchema: z.ZodType<HaveNews> = z.object({
  planId: part.planIdSchema,
  isWhole: z.boolean(),
  added: part.longListOf(part.taskNameSchema),
  removed: part.longListOf(part.taskNameSchema),
});

const grantSchema: z.ZodType<GrantItem> = z.object({
  ...part.heldShape,
  cores: part.amountSchema,
  rivals: part.amountSchema,
});

const vectorSchema: z.ZodType<PlanVector> = z.object({
  planId: part.planIdSchema,
  isOver: z.boolean(),
  counts: part.listOf(z.object({ origin: part.lifeSchema, count: part.countSchema })),
});

const planSchema: z.ZodType<PlanNews> = z.object({
  planId: part.planIdSchema,
  word: z.object({ revision: part.countSchema, mode: z.enum(['run', 'drain', 'now']) }),
  isUnfit: z.boolean().exactOptional(),
});

/** Of one life in one plan, and dense, as it says. */
const isDense = ({ planId, origin, from, entries }: Entries): boolean =>
  entries.every(
    (entry, index) =>
      entry.planId === planId && entry.seq === from + index && isSameLife(entry.origin, origin),
  );

/** What each kind of message must be. A kind that is missing here, or a field, does not compile. */
export const messageSchemas: { readonly [Kind in Message['kind']]: z.ZodType<MessageOf<Kind>> } = {
  heartbeat: z.object({
    kind: z.literal('heartbeat'),
    ballot: part.maybe(ballot),
    load: part.loadSchema,
    have: part.listOf(newsSchema),
  }),
  probe: z.object({ kind: z.literal('probe'), host }),
  probed: z.object({ kind: z.literal('probed'), host, heardAgoMs: part.maybe(part.amountSchema) }),
  evicted: z.object({ kind: z.literal('evicted'), lives: part.listOf(part.lifeSchema) }),
  leave: z.object({ kind: z.literal('leave'), mode: z.enum(['drain', 'now']) }),
  canvass: z.object({ kind: z.literal('canvass'), round: part.countSchema, ballot: part.maybe(ballot) }),
  canvassed: z.object({
    kind: z.literal('canvassed'),
    round: part.countSchema,
    leaderOk: z.boolean(),
    ballot: part.maybe(ballot),
  }),
  lead: z.object({ kind: z.literal('lead'), ballot }),
  resign: z.object({ kind: z.literal('resign'), ballot }),
  hold: z.object({
    kind: z.literal('hold'),
    ballot,
    runs: part.listOf(part.runSchema),
    queue: part.listOf(item),
    transfers: part.listOf(item),
  }),
  grant: z.object({ kind: z.literal('grant'), ballot, items: part.listOf(grantSchema) }),
  drop: z.object({ kind: z.literal('drop'), ballot, item }),
  cancel: z.object({ kind: z.literal('cancel'), ballot, item }),
  retract: z.object({ kind: z.literal('retract'), ballot, item }),
  started: z.object({ kind: z.literal('started'), item: part.runSchema }),
  returned: z.object({
    kind: z.literal('returned'),
    items: part.listOf(item),
    reason: z.enum(['retracted', 'unable', 'stopped', 'evicted', 'files']),
  }),
  steal: z.object({
    kind: z.literal('steal'),
    id,
    load: part.loadSchema,
    platform: z.custom<string>(isWord),
  }),
  give: z.object({ kind: z.literal('give'), id, item }),
  none: z.object({ kind: z.literal('none'), id }),
  taken: z.object({ kind: z.literal('taken'), id }),
  ask: z.object({ kind: z.literal('ask'), id }),
  nothave: z.object({ kind: z.literal('nothave'), id }),
  moved: z.object({ kind: z.literal('moved'), item, from: host }),
  entries: z
    .object({
      kind: z.literal('entries'),
      planId: part.planIdSchema,
      origin: part.lifeSchema,
      from: part.ordinalSchema,
      entries: part.listOf(entrySchema),
    })
    .refine(isDense, 'entries are not of one life in one plan, one after the other'),
  vector: z.object({
    kind: z.literal('vector'),
    plans: part.listOf(vectorSchema),
    isAnswer: z.boolean(),
  }),
  plans: z.object({ kind: z.literal('plans'), plans: part.listOf(planSchema) }),
  copy: z.object({
    kind: z.literal('copy'),
    ballot,
    planId: part.planIdSchema,
    task: part.taskNameSchema,
  }),
};

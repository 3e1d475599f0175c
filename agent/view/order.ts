import { z } from 'zod';
import type { StopMode } from '../../src/core/input.ts';

/** What a person wants of a host, or of the whole mesh. */
export type Order =
  /** The host that is asked: it starts nothing more; it takes work again; it finishes what runs, says goodbye and ends. */
  | { readonly kind: 'drain' }
  | { readonly kind: 'undrain' }
  | { readonly kind: 'leave'; readonly mode: StopMode }
  /** The build, or the only one that goes on, on all hosts. */
  | { readonly kind: 'stop'; readonly build: string | undefined; readonly mode: StopMode }
  /** A stopped build, or the last one, goes on. */
  | { readonly kind: 'resume'; readonly build: string | undefined }
  /** PKGNAMEs, PKGBASEs or PKGPATHs that failed, or all that did, are tried again. */
  | {
      readonly kind: 'retry';
      readonly build: string | undefined;
      readonly packages: readonly string[] | 'all';
    };

/** What came of it: one line for a person, and the names of what it was about. */
export interface OrderDone {
  readonly text: string;
  readonly names: readonly string[];
}

/** An answer between hosts: a refusal is one, too. */
export type OrderAnswer =
  | ({ readonly kind: 'done' } & OrderDone)
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly message: string;
      readonly hint: string;
    };

const stopMode = z.enum(['drain', 'now']);
const build = z
  .string()
  .max(64)
  .optional()
  .transform((value) => value);
const packages = z.union([z.literal('all'), z.array(z.string().max(256)).max(10_000)]);

export const orderSchema: z.ZodType<Order> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('drain') }),
  z.object({ kind: z.literal('undrain') }),
  z.object({ kind: z.literal('leave'), mode: stopMode }),
  z.object({ kind: z.literal('stop'), build, mode: stopMode }),
  z.object({ kind: z.literal('resume'), build }),
  z.object({ kind: z.literal('retry'), build, packages }),
]);

export const orderAnswerSchema: z.ZodType<OrderAnswer> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('done'),
    text: z.string().max(4_096),
    names: z.array(z.string().max(256)).max(100_000),
  }),
  z.object({
    kind: z.literal('refused'),
    code: z.string().regex(/^[A-Z][A-Z_]{0,63}$/),
    message: z.string().max(4_096),
    hint: z.string().max(4_096),
  }),
]);

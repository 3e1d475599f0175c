import { z } from 'zod';
import type { Trouble } from '../core/failure/trouble.ts';

const troubles = [
  'disk-full',
  'sandbox',
  'network',
  'hook',
  'missing-dependency',
  'killed',
  'out-of-memory',
  'work-full',
  'timeout',
  'lost',
  'internal',
] as const;

/** A class of trouble as it is kept in a column. */
export const troubleSchema: z.ZodType<Trouble> = z.enum(troubles);

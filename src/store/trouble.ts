import { z } from 'zod';
import { type Trouble, troubles } from '../core/failure/trouble.ts';

/** A class of trouble as it is kept in a column. */
export const troubleSchema: z.ZodType<Trouble> = z.enum(troubles);

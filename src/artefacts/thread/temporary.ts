import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Layout } from '../store/layout.ts';

/** A name that nobody else uses; the next start removes what a crash leaves under it. */
export const temporaryFile = ({ tmp }: Layout): string => join(tmp, randomUUID());

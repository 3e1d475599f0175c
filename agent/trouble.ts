import type { Trouble } from '../src/core/failure/trouble.ts';
import { messageOf } from '../src/errors.ts';

/**
 * What an error around a run is to the core. A full disk of the agent's own store is the host's as much as one that a
 * build meets: it holds the host, and no package is charged with it.
 */
export const troubleOf = (error: unknown): { readonly trouble: Trouble; readonly detail: string } => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const isFull = code === 'STORE_DISK_FULL' || code === 'ENOSPC' || code === 'EDQUOT';
  return { trouble: isFull ? 'disk-full' : 'internal', detail: messageOf(error) };
};

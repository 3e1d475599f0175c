import { setImmediate } from 'node:timers/promises';

/** How long a long piece of work may keep everything else in the process waiting, milliseconds. */
const SLICE_MS = 10;

/**
 * For loops over thousands of small files: reading those at once is several times faster than asking for each, but nothing
 * else may wait for the whole loop. Call it between two items, and await what it returns when it returns something.
 */
export function makeBreather(): () => Promise<void> | undefined {
  let startedMs = performance.now();
  const rest = async (): Promise<void> => {
    await setImmediate();
    startedMs = performance.now();
  };
  return () => (performance.now() - startedMs < SLICE_MS ? undefined : rest());
}

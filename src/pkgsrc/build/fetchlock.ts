/** Files that are being fetched by packages of this process. */
const held = new Set<string>();
const waiting = new Set<() => void>();

/** True when none of the files is being fetched now. */
export const isFree = (files: readonly string[]): boolean => files.every((file) => !held.has(file));

/**
 * Waits until nobody else fetches any of the files, and holds them until it is disposed of: two packages that share a
 * distribution file would write into each other's. All at once, so that nobody waits for another in a circle. Throws
 * the signal's reason when it aborts first.
 */
export async function holdFiles(files: readonly string[], signal: AbortSignal): Promise<Disposable> {
  signal.throwIfAborted();
  while (!isFree(files)) await nextRelease(signal);
  for (const file of files) held.add(file);
  return {
    [Symbol.dispose]: () => {
      for (const file of files) held.delete(file);
      const woken = [...waiting];
      waiting.clear();
      for (const wake of woken) wake();
    },
  };
}

async function nextRelease(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.add(resolve);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  waiting.delete(resolve);
  signal.throwIfAborted();
}

import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { resolveTable } from '../../src/pkgsrc/resolution.ts';
import type { ResolveTable } from '../../src/pkgsrc/resolvetable.ts';

/** What tells the thread that is to resolve from any other that begins with the same file. */
export const resolverThreadData = 'bulkmesh resolver';

/** The file that the thread begins with: this one, or the bundle that it is in. */
export function resolverThreadUrl(): URL {
  return new URL(import.meta.url);
}

if (!isMainThread && workerData === resolverThreadData && parentPort !== null) {
  const port = parentPort;
  port.once('message', (table: ResolveTable) => {
    const resolved = resolveTable(table);
    const { starts, targets } = resolved.depends;
    port.postMessage(resolved, [starts.buffer, targets.buffer]);
    port.close();
  });
}

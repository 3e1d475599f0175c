import { Worker } from 'node:worker_threads';
import { messageOf } from '../../src/errors.ts';
import { keepFirst } from '../../src/pkgsrc/duplicates.ts';
import type { Resolution, ScanRecord } from '../../src/pkgsrc/package.ts';
import { joinResolved } from '../../src/pkgsrc/resolve.ts';
import { type ResolvedTable, tableRecords } from '../../src/pkgsrc/resolvetable.ts';
import { resolverThreadData, resolverThreadUrl } from './resolverThread.ts';

/**
 * `resolveRecords` in a thread of its own: a whole tree takes half a second, in which nothing else of this host has to
 * wait. What is handed over is a table of distinct words and numbers, not the records. Rejects with the reason of the
 * signal when it is aborted, and with an error that says so when the thread fails.
 */
export async function resolveInThread(
  input: readonly ScanRecord[],
  signal: AbortSignal,
): Promise<Resolution> {
  signal.throwIfAborted();
  const { records } = keepFirst(input);
  const table = tableRecords(records);
  const moved = [table.needs.starts.buffer, table.needs.targets.buffer, table.masks.buffer];
  const worker = new Worker(resolverThreadUrl(), { workerData: resolverThreadData, name: 'resolve' });
  const stop = (): void => void worker.terminate();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const answered = awaitAnswer(worker);
    worker.postMessage(table, moved);
    return joinResolved(records, await answered);
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`the thread that resolves dependencies failed: ${messageOf(error)}`, { cause: error });
  } finally {
    signal.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

/** A thread can end in three ways, and the first one counts. */
function awaitAnswer(worker: Worker): Promise<ResolvedTable> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('messageerror', reject);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`it ended with ${code} before it answered`)));
  });
}

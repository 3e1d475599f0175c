import type { BlobStore } from './store.ts';

/** What a scrub found. */
export interface Scrubbed {
  readonly checked: number;
  readonly lost: number;
}

/**
 * Hashes every blob of the store once, slowly: a disk that forgets is found out while others still have the file. Those lost are told by
 * the store. Ends early when it is aborted.
 * @throws {BulkmeshError} ARTEFACT_IO
 */
export const scrubStore = async (store: BlobStore, signal: AbortSignal): Promise<Scrubbed> => {
  let checked = 0;
  let lost = 0;
  for (const sha256 of store.list()) {
    if (signal.aborted) break;
    if (!store.has(sha256)) continue;
    checked += 1;
    if (!(await store.recheck(sha256, store.limits.scrubBytesPerSecond))) lost += 1;
  }
  return { checked, lost };
};

import type { Wanted } from '../../src/artefacts/fetch/single.ts';

/** Gets a blob into the store of this host, from whichever host has it. Rejects with the reason of the signal. */
export type GetBlob = (wanted: Wanted, signal: AbortSignal) => Promise<void>;

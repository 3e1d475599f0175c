import { setImmediate as gather } from 'node:timers/promises';
import type { Sha256 } from '../sha256.ts';
import type { BlobStore } from '../store/store.ts';
import { type Brought, fetchBundle } from './bundle.ts';
import type { Peer } from './peer.ts';

interface Waiting {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  readonly settle: (brought: Brought | 'full') => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Gathers what is wanted of one peer in the same turn, and while a bundle is on its way, into the next bundle. A blob that is wanted
 * alone is not worth one.
 */
export class Bundles {
  readonly #store: BlobStore;
  readonly #peer: Peer;
  readonly #signal: AbortSignal;
  #waiting: Waiting[] = [];
  #isRunning = false;

  constructor(store: BlobStore, peer: Peer, signal: AbortSignal) {
    this.#store = store;
    this.#peer = peer;
    this.#signal = signal;
  }

  get isIdle(): boolean {
    return !this.#isRunning;
  }

  /** @throws {BulkmeshError} ARTEFACT_DISK_FULL, ARTEFACT_IO */
  fetch(sha256: Sha256, sizeBytes: number): Promise<Brought | 'full'> {
    return new Promise((settle, fail) => {
      this.#waiting.push({ sha256, sizeBytes, settle, fail });
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    await gather();
    while (this.#waiting.length > 0) await this.#fetchSome(this.#takeSome());
    this.#isRunning = false;
  }

  #takeSome(): readonly Waiting[] {
    const { bundleCountMax, bundleBytesMax, smallBytesMax } = this.#store.limits;
    let sizeBytes = 0;
    const some: Waiting[] = [];
    for (const item of this.#waiting) {
      sizeBytes += item.sizeBytes;
      // Heads take room too: a bundle that is a little smaller than may be leaves none out.
      if (some.length === bundleCountMax || sizeBytes > bundleBytesMax - smallBytesMax) break;
      some.push(item);
    }
    this.#waiting = this.#waiting.slice(some.length);
    return some;
  }

  async #fetchSome(some: readonly Waiting[]): Promise<void> {
    const open = new Map(some.map((item) => [item.sha256, item]));
    const onBrought = (sha256: Sha256, brought: Brought): void => {
      open.get(sha256)?.settle(brought);
      open.delete(sha256);
    };
    try {
      if (some.length > 1) await this.#fetchTogether(some, onBrought);
    } catch (error) {
      for (const { fail } of open.values()) fail(error);
      return;
    }
    for (const { settle } of open.values()) settle('alone');
  }

  async #fetchTogether(some: readonly Waiting[], onBrought: (sha256: Sha256, brought: Brought) => void) {
    const [store, peer, signal] = [this.#store, this.#peer, this.#signal];
    const room = await store.reserve(some.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
    if (room === undefined) {
      for (const { settle } of some) settle('full');
      return;
    }
    try {
      await fetchBundle({ store, peer, signal, refs: some, onBrought });
    } finally {
      room.release();
    }
  }
}

import type { IncomingMessage } from 'node:http';
import { type Frame, readFrames } from '../frames.ts';
import { Pace } from '../pace.ts';
import type { Sha256 } from '../sha256.ts';
import type { BlobRef, BlobStore } from '../store/store.ts';
import type { NewBlob } from '../thread/orders.ts';
import { askPeer, type Peer } from './peer.ts';

/** What came of one blob of a bundle. `alone`: it is to be fetched by itself. */
export type Brought = 'fetched' | 'gone' | 'corrupt' | 'alone';

export interface Bundle {
  readonly store: BlobStore;
  readonly peer: Peer;
  readonly refs: readonly BlobRef[];
  readonly signal: AbortSignal;
  /** Told of each as soon as it is known; those of which nothing is told are to be fetched by themselves. */
  readonly onBrought: (sha256: Sha256, brought: Brought) => void;
}

/**
 * Asks one peer for many small blobs at once. Resolves when the answer is over, however: a peer that is busy, breaks off or talks
 * nonsense leaves the rest to be fetched one by one, where such things are dealt with.
 * @throws {BulkmeshError} ARTEFACT_DISK_FULL, ARTEFACT_IO
 */
export const fetchBundle = async (bundle: Bundle): Promise<void> => {
  const { store, peer, refs, signal } = bundle;
  const stall = new AbortController();
  const pace = new Pace(store.limits, () => stall.abort());
  try {
    const response = await askPeer(
      peer,
      {
        method: 'POST',
        path: '/blobs',
        headers: { 'Content-Type': 'application/json' },
        signal: AbortSignal.any([signal, stall.signal]),
      },
      JSON.stringify(refs.map(({ sha256 }) => sha256)),
    ).catch(() => undefined);
    if (response === undefined) return;
    if (response.statusCode === 200) await takeFrames(bundle, response, pace);
    response.destroy();
  } finally {
    pace.end();
  }
};

const takeFrames = async (bundle: Bundle, response: IncomingMessage, pace: Pace): Promise<void> => {
  const { store, onBrought } = bundle;
  const due = new Map(bundle.refs.map((ref) => [ref.sha256, ref.sizeBytes]));
  const basket = new Basket(store, onBrought);
  const counted = countBytes(response, pace);
  for await (const frame of endQuietly(readFrames(counted, store.limits.smallBytesMax))) {
    const sizeBytes = due.get(frame.sha256);
    // Not what was asked for, or not any more: whatever comes after that is worth nothing either.
    if (!due.delete(frame.sha256)) break;
    if (frame.kind !== 'blob') onBrought(frame.sha256, frame.kind);
    else if (frame.bytes.length !== sizeBytes) onBrought(frame.sha256, 'corrupt');
    else {
      pace.pause();
      await basket.put({ sha256: frame.sha256, bytes: frame.bytes });
      pace.resume();
    }
  }
  await basket.empty();
};

async function* countBytes(response: IncomingMessage, pace: Pace): AsyncGenerator<Uint8Array> {
  for await (const chunk of response) {
    pace.note(chunk.length);
    yield chunk;
  }
}

/** What came until it broke is as good as ever. */
async function* endQuietly(frames: AsyncIterable<Frame>): AsyncGenerator<Frame> {
  try {
    for await (const frame of frames) yield frame;
  } catch {
    return;
  }
}

/** Blobs that are stored together: each time costs a few syncs of the disk. */
class Basket {
  readonly #store: BlobStore;
  readonly #onBrought: Bundle['onBrought'];
  #blobs: NewBlob[] = [];
  #sizeBytes = 0;

  constructor(store: BlobStore, onBrought: Bundle['onBrought']) {
    this.#store = store;
    this.#onBrought = onBrought;
  }

  async put(blob: NewBlob): Promise<void> {
    this.#blobs.push(blob);
    this.#sizeBytes += blob.bytes.length;
    if (this.#sizeBytes >= basketBytes || this.#blobs.length >= basketCount) await this.empty();
  }

  async empty(): Promise<void> {
    const blobs = this.#blobs;
    this.#blobs = [];
    this.#sizeBytes = 0;
    if (blobs.length === 0) return;
    const isRight = await this.#store.addMany(blobs);
    blobs.forEach(({ sha256 }, index) => {
      this.#onBrought(sha256, isRight[index] === true ? 'fetched' : 'corrupt');
    });
  }
}

const basketBytes = 2 ** 22;
const basketCount = 256;

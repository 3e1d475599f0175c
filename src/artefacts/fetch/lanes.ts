/**
 * So many transfers from each peer at a time, the others in the order they came. Whoever waits here has not been sent away by the peer,
 * and so does not lose patience with it.
 */
export class Lanes {
  readonly #width: number;
  readonly #peers = new Map<string, { running: number; readonly waiting: (() => void)[] }>();

  constructor(width: number) {
    this.#width = width;
  }

  /** Does the work when it is its turn. Rejects with the reason of the signal when that is aborted before. */
  async run<Value>(peer: string, signal: AbortSignal, work: () => Promise<Value>): Promise<Value> {
    signal.throwIfAborted();
    const lane = this.#peers.get(peer) ?? { running: 0, waiting: [] };
    this.#peers.set(peer, lane);
    if (lane.running < this.#width) lane.running += 1;
    else await awaitTurn(lane.waiting, signal);
    try {
      return await work();
    } finally {
      const next = lane.waiting.shift();
      // The place is handed on, not given back: nobody who comes now is before those who wait.
      if (next !== undefined) next();
      else lane.running -= 1;
      if (lane.running === 0) this.#peers.delete(peer);
    }
  }
}

const awaitTurn = (waiting: (() => void)[], signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const begin = (): void => {
      signal.removeEventListener('abort', leave);
      resolve();
    };
    const leave = (): void => {
      waiting.splice(waiting.indexOf(begin), 1);
      reject(signal.reason);
    };
    signal.addEventListener('abort', leave, { once: true });
    waiting.push(begin);
  });

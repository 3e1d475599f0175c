import type { Sha256 } from '../sha256.ts';
import type { BlobStore } from '../store/store.ts';
import { Bundles } from './bundles.ts';
import { Lanes } from './lanes.ts';
import { askPeer, type Peer } from './peer.ts';
import { explain, type Fetched, fetchSingle, type Wanted } from './single.ts';

interface Flight {
  readonly peer: string;
  readonly outcome: Promise<Fetched>;
  readonly stop: AbortController;
  waiters: number;
}

/** Gets blobs from other hosts into the store. */
export class Fetcher {
  /** The sizes of all that has come from others so far. */
  fetchedBytes = 0;
  readonly #store: BlobStore;
  readonly #flights = new Map<Sha256, Flight>();
  readonly #bundles = new Map<string, Bundles>();
  readonly #lanes: Lanes;
  readonly #life = new AbortController();
  readonly #asides = new Set<Promise<void>>();

  constructor(store: BlobStore) {
    this.#store = store;
    // One is left for bundles.
    this.#lanes = new Lanes(Math.max(1, store.limits.uploadsPerHostMax - 1));
  }

  /**
   * Gets one blob, whole, verified and durable, from this peer. Whoever else wants it meanwhile waits for the same transfer; where that
   * one was with another peer and came to nothing, this peer is asked too. Rejects only with the reason of the signal, or
   * of `close`; what has come until then is used by the next try.
   *
   * `gone`: the peer does not have it. `corrupt`: what it has is something else. `unreachable`: it does not answer, breaks off time
   * after time, gives next to nothing, or is busy. `full`: there is no room for it here, or the disk takes nothing.
   */
  async fetch(wanted: Wanted, peer: Peer, signal: AbortSignal): Promise<Fetched> {
    const { sha256 } = wanted;
    for (;;) {
      if (await this.#store.check(sha256).catch(() => false)) {
        return { kind: 'fetched', sha256, sizeBytes: this.#store.sizeOf(sha256) ?? 0 };
      }
      signal.throwIfAborted();
      this.#life.signal.throwIfAborted();
      const running = this.#flights.get(sha256);
      if (running?.stop.signal.aborted === true) {
        // Those who wanted it have gone: it is at its end.
        await running.outcome.catch(() => undefined);
        continue;
      }
      const flight = running ?? this.#depart(wanted, peer);
      const outcome = await this.#await(flight, signal);
      const isOurs = flight.peer === peer.name;
      if (outcome.kind === 'fetched' || isOurs || outcome.why === 'full') return outcome;
    }
  }

  /**
   * The first of these that the peer has: any of them will do.
   * @see fetch
   */
  async fetchAny(wanted: readonly Wanted[], peer: Peer, signal: AbortSignal): Promise<Fetched> {
    let last: Fetched = { kind: 'notFetched', why: 'gone', detail: 'nothing is wanted' };
    for (const one of wanted) {
      last = await this.fetch(one, peer, signal);
      if (last.kind === 'fetched' || last.why !== 'gone') return last;
    }
    return last;
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#life.abort(new Error('files are fetched no more'));
    await Promise.allSettled([...this.#flights.values()].map(({ outcome }) => outcome));
    await Promise.allSettled(this.#asides);
  }

  #depart(wanted: Wanted, peer: Peer): Flight {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.#life.signal]);
    const outcome = this.#transfer(wanted, peer, signal).finally(() => this.#flights.delete(wanted.sha256));
    outcome.catch(() => undefined);
    const flight = { peer: peer.name, outcome, stop, waiters: 0 };
    this.#flights.set(wanted.sha256, flight);
    return flight;
  }

  /** The last who loses interest stops the transfer. */
  async #await(flight: Flight, signal: AbortSignal): Promise<Fetched> {
    flight.waiters += 1;
    let onAbort = (): void => undefined;
    const aborted = new Promise<never>((_resolve, reject) => {
      onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([flight.outcome, aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      flight.waiters -= 1;
      if (flight.waiters === 0 && signal.aborted) {
        flight.stop.abort(signal.reason);
        await flight.outcome.catch(() => undefined);
      }
    }
  }

  async #transfer(wanted: Wanted, peer: Peer, signal: AbortSignal): Promise<Fetched> {
    const outcome = await this.#choose(wanted, peer, signal);
    if (outcome.kind === 'fetched') this.fetchedBytes += outcome.sizeBytes;
    else if (outcome.why === 'corrupt') this.#complain(wanted.sha256, peer);
    return outcome;
  }

  async #choose(wanted: Wanted, peer: Peer, signal: AbortSignal): Promise<Fetched> {
    const { sha256, sizeBytes } = wanted;
    if (sizeBytes !== undefined && sizeBytes <= this.#store.limits.smallBytesMax) {
      const brought = await this.#bundlesOf(peer).fetch(sha256, sizeBytes).catch(explain);
      signal.throwIfAborted();
      if (typeof brought !== 'string') return brought;
      if (brought === 'fetched') return { kind: 'fetched', sha256, sizeBytes };
      if (brought !== 'alone') {
        return { kind: 'notFetched', why: brought, detail: 'told in a bundle' };
      }
    }
    const store = this.#store;
    return this.#lanes.run(peer.name, signal, () => fetchSingle({ ...wanted, store, peer, signal }));
  }

  #bundlesOf(peer: Peer): Bundles {
    for (const [name, bundles] of this.#bundles) if (bundles.isIdle) this.#bundles.delete(name);
    const bundles = this.#bundles.get(peer.name) ?? new Bundles(this.#store, peer, this.#life.signal);
    this.#bundles.set(peer.name, bundles);
    return bundles;
  }

  /** Has the peer look at its file again: it cannot know that it is bad, and would offer it to everybody. */
  #complain(sha256: Sha256, peer: Peer): void {
    const signal = AbortSignal.any([this.#life.signal, AbortSignal.timeout(this.#store.limits.paceMs)]);
    const request = { method: 'HEAD', path: `/blob/${sha256}?suspect`, headers: {}, signal } as const;
    const aside = askPeer(peer, request)
      .then((response) => void response.destroy())
      .catch(() => undefined)
      .finally(() => this.#asides.delete(aside));
    this.#asides.add(aside);
  }
}

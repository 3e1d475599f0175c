import { setTimeout as delay } from 'node:timers/promises';
import type { Wanted } from '../../src/artefacts/fetch/single.ts';
import type { HostId } from '../../src/core/ids.ts';
import { backoffMs } from '../../src/core/limits.ts';
import { messageOf } from '../../src/errors.ts';
import { listLinked, type MeshNode } from './node.ts';

/** Gets a blob into the store of this host from whoever has it. */
export type Bring = (wanted: Wanted, signal: AbortSignal) => Promise<void>;

interface BringPorts {
  readonly node: Pick<MeshNode, 'blobs' | 'fetcher' | 'findPeer' | 'listLinks'>;
  /** Who is asked first. */
  readonly first: HostId | undefined;
  /** Told of each round in which nobody gave it. */
  readonly onWaiting: (why: string) => void;
}

/** Between two rounds over all hosts, milliseconds. */
const pause = { firstMs: 500, factor: 2, capMs: 15_000 };

/**
 * Asks one host after the other, again and again until one of them gives it: somebody has what a live plan names, and comes back if it
 * is not there now. Rejects with the reason of the signal.
 */
export const createBring =
  ({ node, first, onWaiting }: BringPorts): Bring =>
  async (wanted, signal) => {
    for (let round = 1; ; round += 1) {
      if (await node.blobs.check(wanted.sha256).catch(() => false)) return;
      const said: string[] = [];
      for (const host of listHosts(node, first)) {
        const peer = node.findPeer(host);
        if (peer === undefined) continue;
        const outcome = await node.fetcher.fetch(wanted, peer, signal);
        if (outcome.kind === 'fetched') return;
        said.push(`${host}: ${outcome.why}, ${outcome.detail}`);
      }
      onWaiting(said.length === 0 ? 'no host is connected' : said.join('; '));
      await delay(backoffMs(pause, round), undefined, { signal }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw new Error(messageOf(error));
      });
    }
  };

const listHosts = (node: BringPorts['node'], first: HostId | undefined): readonly HostId[] => {
  const hosts = listLinked(node);
  return first !== undefined && hosts.includes(first)
    ? [first, ...hosts.filter((host) => host !== first)]
    : hosts;
};

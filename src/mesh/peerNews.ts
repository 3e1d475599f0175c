import type { HostId } from '../core/ids.ts';
import { isSharedAddress } from './address.ts';
import type { Clock } from './clock.ts';
import type { Dialler } from './dialler.ts';
import type { Directory } from './directory.ts';
import type { KnownPeer } from './introduction.ts';
import type { MeshLimits } from './limits.ts';
import type { Link } from './link.ts';
import type { Links } from './links.ts';

interface PeerNewsOptions {
  readonly limits: MeshLimits;
  readonly clock: Clock;
  readonly directory: Directory;
  readonly dialler: Dialler;
  readonly links: Links;
}

/** Peers in one message. */
const chunk = 256;

/**
 * Tells hosts of each other, so that whoever knows one knows all: a new one hears of everybody, everybody of a new one, and
 * now and then one of them hears all again. Only hosts are told of that this agent has been connected with itself.
 */
export class PeerNews {
  readonly #options: PeerNewsOptions;
  #cancel: () => void = () => undefined;

  constructor(options: PeerNewsOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, limits, links } = this.#options;
    this.#cancel = clock.after(limits.peersMs, () => {
      const all = links.list();
      const link = all[Math.floor(clock.random() * all.length)];
      if (link !== undefined) this.#tellAll(link);
      this.start();
    });
  }

  stop(): void {
    this.#cancel();
  }

  /** A connection is there. */
  meet(link: Link): void {
    const { clock, directory, dialler, links } = this.#options;
    const { host, theirs } = link;
    const isNew = directory.find(host)?.hasMet !== true;
    const addresses = [...new Set([...(theirs.port === 0 ? [] : [link.address]), ...theirs.addresses])];
    directory.learn(host, addresses, clock.now());
    dialler.rest(host);
    this.#tellAll(link);
    if (!isNew) return;
    for (const other of links.list()) if (other.host !== host) this.#tell(other, (named) => named === host);
  }

  /** Others have told of these. */
  learn(peers: readonly KnownPeer[]): void {
    const { clock, directory, dialler, links } = this.#options;
    for (const { host, addresses } of peers) {
      const target = directory.learn(host, addresses, clock.now());
      if (target !== undefined && !links.isLinked(host)) dialler.start(target);
    }
  }

  #tellAll(link: Link): void {
    this.#tell(link, (host) => host !== link.host);
  }

  #tell(link: Link, isMeant: (host: HostId) => boolean): void {
    const { directory, links } = this.#options;
    const isNear = isLoopback(link.address);
    const peers = directory.listMet().flatMap(({ host, addresses }) => {
      const shared = addresses.filter(
        (address) => isSharedAddress(address) && (isNear || !isLoopback(address)),
      );
      return isMeant(host) && shared.length > 0 ? [{ host, addresses: shared }] : [];
    });
    for (let at = 0; at < peers.length; at += chunk) {
      links.tell(link, { kind: 'peers', peers: peers.slice(at, at + chunk) });
    }
  }
}

/** Means another host to every host. */
const isLoopback = (address: string): boolean => /^(127\.|\[::1\]|localhost[:.])/.test(address);

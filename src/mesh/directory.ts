import type { HostId } from '../core/ids.ts';
import type { KnownPeer } from './introduction.ts';
import type { MeshLimits } from './limits.ts';

/** A place where an agent is called again and again until there is a connection to it. */
export interface Target {
  /** Who is there; undefined: nobody has answered yet. */
  host: HostId | undefined;
  /** The ones that worked first. */
  addresses: string[];
  /** An operator named it: it is never forgotten. */
  isSeed: boolean;
  /** When a connection to it was last there, or when it was heard of. */
  metAtMs: number;
  hasMet: boolean;
  failures: number;
  /** What came of the last call, for people; empty: nothing bad. */
  why: string;
  isCalling: boolean;
  /** Takes back what is planned or under way. */
  cancel: (() => void) | undefined;
}

/** Whom this agent calls, and where. */
export class Directory {
  readonly #self: HostId;
  readonly #limits: MeshLimits;
  readonly #targets = new Set<Target>();
  readonly #byHost = new Map<HostId, Target>();
  /** Where this very agent answers. */
  readonly #mine = new Set<string>();

  constructor(self: HostId, limits: MeshLimits) {
    this.#self = self;
    this.#limits = limits;
  }

  find(host: HostId): Target | undefined {
    return this.#byHost.get(host);
  }

  has(target: Target): boolean {
    return this.#targets.has(target);
  }

  list(): readonly Target[] {
    return [...this.#targets];
  }

  /** Those with whom there has been a connection in this life. */
  listMet(): readonly KnownPeer[] {
    return [...this.#byHost].flatMap(([host, { addresses, hasMet }]) =>
      hasMet ? [{ host, addresses }] : [],
    );
  }

  /** An address of which nobody knows yet who is there; undefined for one that is known. */
  addSeed(address: string, nowMs: number): Target | undefined {
    const known = [...this.#targets].find(({ addresses }) => addresses.includes(address));
    if (known !== undefined) known.isSeed = true;
    if (known !== undefined || this.#mine.has(address)) return undefined;
    const target = makeTarget(undefined, [address], nowMs);
    target.isSeed = true;
    this.#targets.add(target);
    return target;
  }

  /** Addresses of a host, told by itself or by others. Undefined for this one, and when there are too many. */
  learn(host: HostId, addresses: readonly string[], nowMs: number): Target | undefined {
    if (host === this.#self) return undefined;
    const others = addresses.filter((address) => !this.#mine.has(address));
    const known = this.#byHost.get(host);
    if (known === undefined) {
      if (this.#byHost.size >= this.#limits.hostsMax || others.length === 0) return undefined;
      const target = makeTarget(host, others.slice(0, this.#limits.addressesMax), nowMs);
      this.#targets.add(target);
      this.#byHost.set(host, target);
      return target;
    }
    const fresh = others.filter((address) => !known.addresses.includes(address));
    known.addresses = [...known.addresses, ...fresh].slice(0, this.#limits.addressesMax);
    return known;
  }

  /** `host` has answered at `address`, where `called` was expected: what is known of the two is put right. */
  meet(host: HostId, address: string, called: Target, nowMs: number): void {
    if (called.host !== host) this.#dropAddress(called, address);
    if (host === this.#self) {
      this.#mine.add(address);
      for (const target of this.list()) this.#dropAddress(target, address);
      return;
    }
    const target = this.learn(host, [address], nowMs);
    if (target === undefined) return;
    target.addresses = [address, ...target.addresses.filter((other) => other !== address)];
    target.isSeed ||= called.isSeed;
  }

  forget(target: Target): void {
    target.cancel?.();
    this.#targets.delete(target);
    if (target.host !== undefined) this.#byHost.delete(target.host);
  }

  #dropAddress(target: Target, address: string): void {
    target.addresses = target.addresses.filter((other) => other !== address);
    if (target.addresses.length === 0) this.forget(target);
  }
}

const makeTarget = (host: HostId | undefined, addresses: readonly string[], nowMs: number): Target => ({
  ...{ host, addresses: [...addresses], isSeed: false, metAtMs: nowMs, hasMet: false },
  ...{ failures: 0, why: '', isCalling: false, cancel: undefined },
});

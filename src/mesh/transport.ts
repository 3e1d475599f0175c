import type { CloseReason } from '../core/effect.ts';
import type { HostId, SessionId } from '../core/ids.ts';
import type { Message } from '../core/message.ts';
import { BulkmeshError } from '../errors.ts';
import { type Address, formatAddress, isSharedAddress, parseAddress } from './address.ts';
import { type Clock, systemClock } from './clock.ts';
import { encodeFrame } from './codec.ts';
import { dial } from './dial.ts';
import { type CallEnd, Dialler } from './dialler.ts';
import { Directory } from './directory.ts';
import { greet } from './greeting.ts';
import type { Introduction, KnownPeer } from './introduction.ts';
import type { KeyRing, MeshKey } from './key.ts';
import { defaultMeshLimits, type MeshLimits } from './limits.ts';
import { Links, type MeshEvent } from './links.ts';
import { type Caller, type Listener, listen, type RequestHandler } from './listen.ts';
import { PeerNews } from './peerNews.ts';
import { quieten } from './quiet.ts';
import type { MeshTraffic } from './traffic.ts';
import type { MeshTrouble } from './trouble.ts';

export interface TransportOptions {
  readonly keys: KeyRing;
  /** IP addresses to listen at; a port of 0 is any that is free. */
  readonly binds: readonly { readonly host: string; readonly port: number }[];
  /** `HOST[:PORT]` of hosts to call, whoever they are. */
  readonly seeds: readonly string[];
  /** Hosts that earlier lives have met. */
  readonly known: readonly KnownPeer[];
  /** What this agent says of itself, asked for at each connection; its life and mesh stay the same. */
  readonly introduce: () => Omit<Introduction, 'port' | 'wallMs'>;
  /** May be called from within `send`: events are to be queued. */
  readonly onEvent: (event: MeshEvent) => void;
  /** The same with the same one is told once a minute. */
  readonly onTrouble: (trouble: MeshTrouble) => void;
  /** Whatever is asked for by GET or HEAD by those that have the key, `/mesh` aside. */
  readonly onRequest?: RequestHandler;
  readonly limits?: MeshLimits;
  readonly clock?: Clock;
}

/** A connection, as people and other parts of an agent see it. */
export interface LinkView extends Omit<Introduction, 'port' | 'wallMs'> {
  readonly session: SessionId;
  readonly host: HostId;
  /** Where the other end is. */
  readonly address: string;
  readonly isDialler: boolean;
  /** The key that it has shown: during a rotation, whether it has the new one. */
  readonly keyId: string;
  /** How far its wall clock was ahead when it introduced itself, the way of the hello included. */
  readonly clockAheadMs: number;
  /** Messages of kinds that this version does not know. */
  readonly unknownCount: number;
}

/** A host that is called, and that there is no connection to. */
export interface CallView {
  /** Undefined: nobody has ever answered there. */
  readonly host: HostId | undefined;
  readonly addresses: readonly string[];
  /** In a row. */
  readonly failures: number;
  /** What came of the last call; empty: none has failed. */
  readonly why: string;
}

/** The sockets around one core. */
export interface Transport {
  /** Where it listens. */
  readonly bound: readonly Address[];
  send(session: SessionId, message: Message): void;
  closeSession(session: SessionId, reason: CloseReason): void;
  /** Calls one more host from now on. @throws {BulkmeshError} MESH_ADDRESS_BAD */
  join(address: string): void;
  listLinks(): readonly LinkView[];
  listCalls(): readonly CallView[];
  /** Hosts that it has been connected with in this life: worth to be kept for the next one. */
  listMet(): readonly KnownPeer[];
  /** What has gone over connections so far; goes on to count. */
  readonly traffic: MeshTraffic;
  /** From now on these keys; connections that were made with others end. */
  setKeys(keys: KeyRing): void;
  /** Sends what waits, as far as that is quick, and ends everything. No events come after this. */
  stop(): Promise<void>;
}

/**
 * Opens the port of an agent, and begins to call the others.
 * @throws {BulkmeshError} MESH_PORT_TAKEN, MESH_LISTEN_FAILED; MESH_ADDRESS_BAD for a seed; MESH_UNSENDABLE and
 * MESH_HELLO_LARGE for an introduction that others would not take.
 */
export const openTransport = async (options: TransportOptions): Promise<Transport> => {
  const seeds = options.seeds.map((seed) => formatAddress(parseAddress(seed)));
  const running = new RunningTransport(options);
  await running.open();
  for (const seed of seeds) running.join(seed);
  return running;
};

class RunningTransport implements Transport {
  bound: readonly Address[] = [];
  readonly #options: TransportOptions;
  readonly #limits: MeshLimits;
  readonly #clock: Clock;
  readonly #directory: Directory;
  readonly #dialler: Dialler;
  readonly #links: Links;
  readonly #news: PeerNews;
  readonly #onTrouble: (trouble: MeshTrouble) => void;
  #keys: KeyRing;
  #listener: Listener | undefined;
  #isStopped = false;

  constructor(options: TransportOptions) {
    const { limits = defaultMeshLimits, clock = systemClock, introduce, onEvent } = options;
    const { hello } = introduce();
    const self = hello.life.host;
    const tell = (event: MeshEvent): void => (this.#isStopped ? undefined : onEvent(event));
    this.#options = options;
    this.#keys = options.keys;
    this.#limits = limits;
    this.#clock = clock;
    this.#onTrouble = quieten(clock, options.onTrouble);
    this.#directory = new Directory(self, limits);
    this.#dialler = new Dialler({
      ...{ self, limits, clock, directory: this.#directory },
      call: (address, done) => this.#call(address, done),
      isLinked: (host) => this.#links.isLinked(host),
      onRefused: (host) => tell({ kind: 'dialRefused', host }),
    });
    this.#links = new Links({
      ...{ life: hello.life, mesh: hello.mesh, limits, clock, onEvent: tell, onTrouble: this.#onTrouble },
      onUp: (link) => this.#news.meet(link),
      onLost: (host, upMs, isRefused) => this.#dialler.resume(host, upMs, isRefused),
      onPeers: (_link, { peers }) => this.#news.learn(peers),
    });
    this.#news = new PeerNews({
      ...{ limits, clock, directory: this.#directory, dialler: this.#dialler, links: this.#links },
    });
  }

  async open(): Promise<void> {
    checkIntroduction(this.#introduce(), this.#limits);
    this.#listener = await listen({
      ...{ binds: this.#options.binds, limits: this.#limits, clock: this.#clock },
      keys: () => this.#keys,
      onCaller: (caller) => this.#receive(caller),
      onRequest: this.#options.onRequest,
      onTrouble: this.#onTrouble,
    });
    this.bound = this.#listener.bound;
    // They come from a file, which may be of another version.
    const known = this.#options.known.map(({ host, addresses }) => ({
      ...{ host, addresses: addresses.filter(isSharedAddress) },
    }));
    this.#news.learn(known);
    this.#news.start();
  }

  get traffic(): MeshTraffic {
    return this.#links.traffic;
  }

  send(session: SessionId, message: Message): void {
    this.#links.send(session, message);
  }

  closeSession(session: SessionId, reason: CloseReason): void {
    this.#links.close(session, reason);
  }

  join(address: string): void {
    const target = this.#directory.addSeed(formatAddress(parseAddress(address)), this.#clock.now());
    if (target !== undefined) this.#dialler.start(target);
  }

  listLinks(): readonly LinkView[] {
    return this.#links.list().map((link) => {
      const { session, host, address, isDialler, keyId, unknownCount, openedAtWallMs } = link;
      const { hello, addresses, name, version, grounds, wallMs } = link.theirs;
      return {
        ...{ session, host, address, isDialler, keyId, unknownCount },
        ...{ hello, addresses, name, version, grounds, clockAheadMs: wallMs - openedAtWallMs },
      };
    });
  }

  listCalls(): readonly CallView[] {
    return this.#directory.list().flatMap(({ host, addresses, failures, why }) => {
      const isLinked = host !== undefined && this.#links.isLinked(host);
      return isLinked ? [] : [{ host, addresses, failures, why }];
    });
  }

  listMet(): readonly KnownPeer[] {
    return this.#directory.listMet();
  }

  setKeys(keys: KeyRing): void {
    this.#keys = keys;
    const ids = [keys.current.id, keys.previous?.id];
    this.#links.endAll('key', ({ keyId }) => !ids.includes(keyId));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#dialler.stop();
    this.#news.stop();
    const links = this.#links.list();
    this.#links.endAll('stopping', () => true);
    await Promise.all(links.map((link) => link.gone));
    await this.#listener?.close();
  }

  #introduce(): Introduction {
    const [first] = this.bound;
    return { ...this.#options.introduce(), port: first?.port ?? 0, wallMs: this.#clock.wall() };
  }

  #receive({ socket, stream, ip, key, welcome }: Caller): void {
    greet(socket, stream, {
      mine: this.#introduce(),
      limits: this.#limits,
      onIntroduced: (theirs) => {
        welcome();
        const address = theirs.port === 0 ? ip : formatAddress({ host: ip, port: theirs.port });
        this.#links.add({ socket, theirs, address, isDialler: false, keyId: key.id });
      },
      onFailed: (why) => this.#noteGreeting(ip, why),
    });
  }

  #noteGreeting(address: string, why: string | undefined): void {
    if (why === undefined) return;
    this.#onTrouble({ kind: 'greeting', address, host: undefined, detail: why });
  }

  /** Calls with the current key, and with the previous one where that is not known yet. */
  #call(address: string, done: (end: CallEnd) => void): () => void {
    const { current, previous } = this.#keys;
    let cancel = this.#callWith(current, address, (end) => {
      if (end.kind !== 'key') return done(end);
      const tell = (last: CallEnd): void => {
        const isKey = last.kind === 'key';
        if (isKey) this.#onTrouble({ kind: 'key', address, host: undefined, detail: keyRefused });
        done(isKey ? { ...last, why: keyRefused } : last);
      };
      if (previous === undefined) tell(end);
      else cancel = this.#callWith(previous, address, tell);
    });
    return () => cancel();
  }

  #callWith(key: MeshKey, address: string, done: (end: CallEnd) => void): () => void {
    return dial(parseAddress(address), {
      ...{ key, limits: this.#limits, clock: this.#clock },
      onFailed: (kind, why) => done({ kind, why }),
      onOpen: ({ socket, stream, settle }) =>
        greet(socket, stream, {
          mine: this.#introduce(),
          limits: this.#limits,
          onIntroduced: (theirs) => {
            settle();
            const closing = this.#links.add({ socket, theirs, address, isDialler: true, keyId: key.id });
            const isKnown = closing === undefined || closing === 'self';
            const { host } = theirs.hello.life;
            done(isKnown ? { kind: 'met', host } : { kind: 'unwanted', why: closing });
          },
          onFailed: (why) => {
            settle();
            this.#noteGreeting(address, why);
            done(why === undefined ? { kind: 'failed', why: 'it hung up' } : { kind: 'unwanted', why });
          },
        }),
    });
  }
}

const keyRefused = 'it does not take the key of this mesh';

/** @throws {BulkmeshError} MESH_UNSENDABLE, MESH_HELLO_LARGE */
const checkIntroduction = (mine: Introduction, { helloBytesMax }: MeshLimits): void => {
  const { length } = encodeFrame({ kind: 'hello', ...mine });
  if (length <= helloBytesMax) return;
  throw new BulkmeshError('MESH_HELLO_LARGE', `what this agent says of itself takes ${length} bytes`, {
    hint: `Others take ${helloBytesMax} at most: give it fewer addresses.`,
  });
};

import type { WebSocket } from 'ws';
import { type HostId, isSameLife, type Life, type SessionId, sessionId } from '../core/ids.ts';
import type { Event } from '../core/input.ts';
import type { Message } from '../core/message.ts';
import type { Clock } from './clock.ts';
import { type Closing, codeOf, isRefusal } from './closing.ts';
import { encodeFrame, type Frame } from './codec.ts';
import type { Introduction, TransportFrame } from './introduction.ts';
import type { MeshLimits } from './limits.ts';
import { Link } from './link.ts';
import { splitMessage } from './split.ts';
import { TrafficMeter } from './traffic.ts';
import type { MeshTrouble, TroubleKind } from './trouble.ts';

/** What the core is told by the transport. */
export type MeshEvent = Extract<
  Event,
  { readonly kind: 'sessionUp' | 'sessionDown' | 'message' | 'dialRefused' }
>;

interface LinksOptions {
  readonly life: Life;
  readonly mesh: string;
  readonly limits: MeshLimits;
  readonly clock: Clock;
  readonly onEvent: (event: MeshEvent) => void;
  readonly onUp: (link: Link) => void;
  /** The last connection to a host is gone. */
  readonly onLost: (host: HostId, upMs: number, isRefused: boolean) => void;
  readonly onPeers: (link: Link, frame: Extract<TransportFrame, { readonly kind: 'peers' }>) => void;
  readonly onTrouble: (trouble: MeshTrouble) => void;
}

/** A connection whose other end has just said who it is. */
interface Arrival {
  readonly socket: WebSocket;
  readonly theirs: Introduction;
  readonly isDialler: boolean;
  readonly address: string;
  readonly keyId: string;
}

/** Kinds of trouble that a host is to wait for. */
const banned: readonly TroubleKind[] = ['bad', 'fast'];

/** All connections of which both ends know who the other one is: the sessions of the core. */
export class Links {
  readonly traffic = new TrafficMeter();
  readonly #options: LinksOptions;
  readonly #links = new Map<SessionId, Link>();
  readonly #bannedUntil = new Map<HostId, number>();
  #lastSession = 0;
  /** What goes to all is encoded once. */
  #last: { readonly message: Message; readonly parts: readonly Buffer[] } | undefined;

  constructor(options: LinksOptions) {
    this.#options = options;
  }

  list(): readonly Link[] {
    return [...this.#links.values()];
  }

  isLinked(host: HostId): boolean {
    return this.list().some((link) => link.host === host);
  }

  /** Makes a session of a connection. What comes back: why it did not, and that it has been ended. */
  add({ socket, theirs, isDialler, address, keyId }: Arrival): Closing | undefined {
    const { limits, clock, onEvent, onUp } = this.#options;
    const closing = this.#judge(theirs, address);
    if (closing !== undefined) {
      socket.close(codeOf(closing));
      return closing;
    }
    this.#lastSession += 1;
    const link = new Link({
      ...{ socket, theirs, isDialler, address, keyId, limits, clock, session: sessionId(this.#lastSession) },
      onFrame: (from, frame, sizeBytes) => {
        this.traffic.noteHeard(frame.kind, sizeBytes);
        this.#hear(from, frame);
      },
      onDown: (from, reason) => this.#lose(from, reason),
      onTrouble: (from, kind, detail) => this.#blame(from, kind, detail),
    });
    this.#links.set(link.session, link);
    onEvent({ kind: 'sessionUp', session: link.session, hello: theirs.hello, isDialler });
    onUp(link);
    return undefined;
  }

  /** Nothing happens for a session that is gone: the core hears of that anyway. */
  send(session: SessionId, message: Message): void {
    const link = this.#links.get(session);
    if (link === undefined) return;
    if (this.#last?.message !== message) this.#last = { message, parts: this.#encode(link, message) };
    for (const bytes of this.#last.parts) {
      link.send(bytes);
      this.traffic.noteSent(message.kind, bytes.length);
    }
  }

  tell(link: Link, frame: TransportFrame): void {
    const bytes = encodeFrame(frame);
    link.send(bytes);
    this.traffic.noteSent(frame.kind, bytes.length);
  }

  /** As the core wants it: no event answers. */
  close(session: SessionId, closing: Closing): void {
    const link = this.#links.get(session);
    if (link === undefined) return;
    this.#links.delete(session);
    link.close(closing);
    this.#noteLoss(link, closing);
  }

  /** As the transport wants it: the core hears of it. */
  endAll(closing: Closing, isMeant: (link: Link) => boolean): void {
    for (const link of this.list().filter(isMeant)) {
      this.close(link.session, closing);
      this.#options.onEvent({ kind: 'sessionDown', session: link.session });
    }
  }

  #judge({ hello }: Introduction, address: string): Closing | undefined {
    const { life, mesh, clock } = this.#options;
    const { host } = hello.life;
    if (isSameLife(hello.life, life)) return 'self';
    if (hello.mesh !== mesh) {
      this.#options.onTrouble({ kind: 'mesh', address, host, detail: `its mesh is ${hello.mesh}` });
      return 'mesh';
    }
    const untilMs = this.#bannedUntil.get(host);
    if (untilMs === undefined) return undefined;
    if (untilMs > clock.now()) {
      this.#options.onTrouble({ kind: 'banned', address, host, detail: 'it is back too soon' });
      return 'banned';
    }
    this.#bannedUntil.delete(host);
    return undefined;
  }

  #hear(link: Link, frame: Frame): void {
    if (frame.kind === 'peers') this.#options.onPeers(link, frame);
    else if (frame.kind !== 'hello') {
      this.#options.onEvent({ kind: 'message', session: link.session, message: frame });
    }
  }

  #lose(link: Link, closing: Closing | undefined): void {
    if (!this.#links.delete(link.session)) return;
    if (isRefusal(closing)) {
      const { address, host } = link;
      this.#options.onTrouble({ kind: 'refused', address, host, detail: String(closing) });
    }
    this.#options.onEvent({ kind: 'sessionDown', session: link.session });
    this.#noteLoss(link, closing);
  }

  #blame({ host, address }: Link, kind: TroubleKind, detail: string): void {
    const { clock, limits, onTrouble } = this.#options;
    if (banned.includes(kind)) this.#bannedUntil.set(host, clock.now() + limits.banMs);
    onTrouble({ kind, address, host, detail });
  }

  #noteLoss(link: Link, closing: Closing | undefined): void {
    if (this.isLinked(link.host)) return;
    const { clock, onLost } = this.#options;
    onLost(link.host, clock.now() - link.openedAtMs, isRefusal(closing) || this.#bannedUntil.has(link.host));
  }

  #encode(link: Link, message: Message): readonly Buffer[] {
    const { limits, onTrouble } = this.#options;
    try {
      const bytes = encodeFrame(message);
      if (bytes.length <= limits.messageBytesMax) return [bytes];
      const halves = splitMessage(message);
      if (halves !== undefined) return halves.flatMap((half) => this.#encode(link, half));
      throw new RangeError(`a ${message.kind} of ${bytes.length} bytes`);
    } catch (error) {
      const { host, address } = link;
      const { code, message: detail } = Object(error);
      if (code !== 'MESH_UNSENDABLE' && !(error instanceof RangeError)) throw error;
      onTrouble({ kind: 'unsendable', address, host, detail: String(detail) });
      return [];
    }
  }
}

import type { Effect } from '../../../src/core/effect.ts';
import type { SessionId } from '../../../src/core/ids.ts';
import { sessionId } from '../../../src/core/ids.ts';
import type { Event } from '../../../src/core/input.ts';
import type { Hello, Message } from '../../../src/core/message.ts';
import type { Agenda, Job } from './agenda.ts';
import { freezeDeeply } from './freeze.ts';
import type { Link, Links } from './links.ts';
import { createLinks } from './links.ts';
import type { NetworkSpec } from './scenario.ts';
import { Breach } from './trace.ts';
import { estimateBytes } from './wire.ts';

/** A process as the network knows it. */
export interface Station {
  /** Where it is: one place has one station after the other. */
  readonly place: number;
  readonly hello: Hello;
  /** Its process lives. */
  isAlive: boolean;
  /** Its ends of connections, by the number that it knows each by. */
  readonly ends: Map<SessionId, End>;
  /** How many of them lead to a place. */
  readonly peers: Map<number, number>;
  lastSession: number;
  /** Does something in this process, now or as soon as it does not stand still. */
  enqueue(job: Job): void;
  /** Hands an event to its agent at once. */
  step(event: Event): void;
  onConnect(place: number): void;
  onDisconnect(place: number, lastedMs: number): void;
}

/** One end of a connection. */
export interface End {
  readonly station: Station;
  readonly id: SessionId;
  readonly wire: { isBroken: boolean };
  /** What comes in to this end. */
  readonly inward: Link;
  /** Its agent has been told of it, and neither been told of its end nor ended it. */
  isOpen: boolean;
  /** The process has let go of it. */
  isClosed: boolean;
  peer: End | undefined;
  openedMs: number;
  /** Nothing comes in before what came last: order is kept. */
  arrivalMs: number;
  /** What waits for the link, while that is blocked. */
  held: Parcel[];
}

/** Something on its way to an end: a message, or the news that the other end is closed. */
type Parcel = Message | 'end';

export interface Network {
  readonly links: Links;
  readonly counts: { messages: number; bytes: number };
  /** Two processes have reached each other: both are told, the acceptor first. */
  connect(dialler: Station, acceptor: Station): void;
  send(station: Station, effect: Extract<Effect, { readonly kind: 'send' }>): void;
  /** The agent closes one. */
  close(station: Station, session: SessionId): void;
  /** The kernel closes all connections of a process that has ended. */
  closeAll(station: Station): void;
  /** Connections between two places break; the end at `blind` does not notice. */
  reset(a: Station, b: Station, blind: 'none' | 'a' | 'b'): void;
  /** Whether a machine's kernel answers for processes that are no more. */
  isPowered: (place: number) => boolean;
}

export interface NetworkOptions {
  readonly agenda: Agenda;
  readonly seed: number;
  readonly spec: NetworkSpec;
  /** Each message is taken apart and put together again, and what was sent is frozen. */
  readonly copies: boolean;
  readonly isPowered: (place: number) => boolean;
}

export const createNetwork = ({ agenda, seed, spec, copies, isPowered }: NetworkOptions): Network => {
  const links = createLinks(seed, spec);
  const counts = { messages: 0, bytes: 0 };

  const createEnd = (station: Station, from: number, wire: End['wire']): End => {
    station.lastSession += 1;
    const id = sessionId(station.lastSession);
    const inward = links.find(from, station.place);
    const state = { isOpen: false, isClosed: false, openedMs: 0, arrivalMs: 0, held: [], peer: undefined };
    return { station, id, wire, inward, ...state };
  };

  const open = (end: End, hello: Hello, from: number, isDialler: boolean): void => {
    const { station, id } = end;
    if (end.wire.isBroken || end.isClosed || !station.isAlive) return;
    end.isOpen = true;
    end.openedMs = agenda.nowMs;
    station.ends.set(id, end);
    station.peers.set(from, (station.peers.get(from) ?? 0) + 1);
    station.onConnect(from);
    station.step({ kind: 'sessionUp', session: id, hello, isDialler });
  };

  /** The process lets go of its end, for whatever reason. */
  const letGo = (end: End): void => {
    end.isClosed = true;
    end.held = [];
    if (!end.isOpen) return;
    end.isOpen = false;
    const { station, peer } = end;
    station.ends.delete(end.id);
    const from = peer?.station.place ?? -1;
    station.peers.set(from, (station.peers.get(from) ?? 1) - 1);
    station.onDisconnect(from, agenda.nowMs - end.openedMs);
  };

  /** The process learns that its end is of no use any more. */
  const tellEnd = (end: End): void =>
    end.station.enqueue(() => {
      const { isOpen } = end;
      letGo(end);
      if (isOpen) end.station.step({ kind: 'sessionDown', session: end.id });
    });

  /** A kernel answers to what came for nobody: the sender's end is closed, if the answer gets there. */
  const answerNobody = (end: End): void => {
    const { peer, station } = end;
    if (peer === undefined || !isPowered(station.place) || peer.inward.blocks > 0) return;
    agenda.note(links.findArrival(peer.inward, agenda.nowMs, 60), () => tellEnd(peer));
  };

  const arrive = (end: End, parcel: Parcel): void => {
    if (end.wire.isBroken) return;
    if (!end.station.isAlive || end.isClosed) {
      if (parcel !== 'end') answerNobody(end);
      return;
    }
    if (parcel === 'end') {
      tellEnd(end);
      return;
    }
    end.station.enqueue(() => {
      if (end.isOpen) end.station.step({ kind: 'message', session: end.id, message: parcel });
    });
  };

  const transmit = (end: End, parcel: Parcel): void => {
    const bytes = parcel === 'end' ? 60 : estimateBytes(parcel);
    const atMs = Math.max(end.arrivalMs, links.findArrival(end.inward, agenda.nowMs, bytes));
    end.arrivalMs = atMs;
    agenda.note(atMs, () => arrive(end, parcel));
  };

  const post = (end: End, parcel: Parcel): void => {
    if (end.wire.isBroken) return;
    if (end.inward.blocks === 0) {
      transmit(end, parcel);
      return;
    }
    if (end.held.length === 0) {
      end.inward.waiting.add(() => {
        const { held } = end;
        end.held = [];
        for (const each of held) transmit(end, each);
      });
    }
    end.held.push(parcel);
  };

  const findEnd = (station: Station, session: SessionId, act: string): End => {
    const end = station.ends.get(session);
    if (end === undefined) throw new Breach('shell', `session ${session} is not open and is to ${act}`);
    return end;
  };

  const closeEnd = (end: End): void => {
    letGo(end);
    if (end.peer !== undefined) post(end.peer, 'end');
  };

  return {
    links,
    counts,
    isPowered,
    connect: (dialler, acceptor) => {
      const wire = { isBroken: false };
      const near = createEnd(dialler, acceptor.place, wire);
      const far = createEnd(acceptor, dialler.place, wire);
      near.peer = far;
      far.peer = near;
      const backMs = links.findArrival(near.inward, agenda.nowMs, 400);
      near.arrivalMs = backMs;
      // First, so that what the acceptor says at once comes after its hello even where both arrive at the same moment.
      agenda.note(backMs, () => dialler.enqueue(() => open(near, acceptor.hello, acceptor.place, true)));
      acceptor.enqueue(() => open(far, dialler.hello, dialler.place, false));
    },
    send: (station, { session, message }) => {
      const end = findEnd(station, session, `carry ${message.kind}`);
      counts.messages += 1;
      counts.bytes += estimateBytes(message);
      if (end.peer === undefined) return;
      post(end.peer, copies ? structuredClone(freezeDeeply(message)) : message);
    },
    close: (station, session) => closeEnd(findEnd(station, session, 'be closed')),
    closeAll: (station) => {
      for (const end of [...station.ends.values()]) closeEnd(end);
    },
    reset: (a, b, blind) => {
      for (const end of [...a.ends.values()]) {
        const { peer } = end;
        if (peer?.station !== b || end.wire.isBroken) continue;
        end.wire.isBroken = true;
        if (blind !== 'a') tellEnd(end);
        if (blind !== 'b') tellEnd(peer);
      }
    },
  };
};

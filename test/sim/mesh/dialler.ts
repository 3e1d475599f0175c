import type { Random } from '../random.ts';
import type { Agenda } from './agenda.ts';
import type { Network, Station } from './network.ts';

/** How one process keeps connections to all machines of which it knows. */
export interface Dialler {
  /** It has heard of these machines. */
  learn(places: Iterable<number>): void;
  /** A connection to that place has ended. */
  lose(place: number, lastedMs: number): void;
  /** The machines that it knows of. */
  readonly known: ReadonlyMap<number, unknown>;
}

export interface DiallerOptions {
  readonly agenda: Agenda;
  readonly network: Network;
  readonly station: Station;
  readonly random: Random;
  /** The process that listens at a place; undefined: none does. */
  readonly findStation: (place: number) => Station | undefined;
  readonly isPaused: (place: number) => boolean;
  readonly onRefused: (place: number) => void;
  /** The lower host calls first. */
  readonly isLower: (place: number) => boolean;
}

interface Contact {
  failures: number;
  /** A call is noted down, or under way. */
  isPending: boolean;
}

/** Of a connection that is not made, and of what says hello to nobody. */
const timeoutMs = 5_000;
const firstMs = 500;
const capMs = 30_000;
/** The higher host of two gives the lower one this time to call. */
const politeMs = 1_000;
/** A connection that lasted so long was a good one. */
const goodMs = 60_000;

export const createDialler = (options: DiallerOptions): Dialler => {
  const { agenda, network, station, random, findStation, isPaused, onRefused, isLower } = options;
  const contacts = new Map<number, Contact>();

  const plan = (place: number, contact: Contact, afterMs: number): void => {
    if (contact.isPending) return;
    contact.isPending = true;
    agenda.note(agenda.nowMs + afterMs, () =>
      station.enqueue(() => {
        contact.isPending = false;
        if ((station.peers.get(place) ?? 0) === 0) call(place, contact);
      }),
    );
  };

  const fail = (place: number, contact: Contact, afterMs: number, isRefused = false): void => {
    contact.isPending = true;
    agenda.note(agenda.nowMs + afterMs, () =>
      station.enqueue(() => {
        contact.isPending = false;
        contact.failures += 1;
        if (isRefused) onRefused(place);
        plan(place, contact, findPauseMs(contact));
      }),
    );
  };

  const findPauseMs = ({ failures }: Contact): number =>
    Math.min(capMs, firstMs * 2 ** Math.max(0, failures - 1)) * (0.5 + random.next());

  const call = (place: number, contact: Contact): void => {
    const { links } = network;
    const isReachable = (): boolean => links.isOpen(station.place, place) && network.isPowered(place);
    if (!isReachable()) {
      fail(place, contact, timeoutMs);
      return;
    }
    const thereMs = links.findArrival(links.find(station.place, place), agenda.nowMs, 400) - agenda.nowMs;
    const other = findStation(place);
    if (other === undefined) {
      fail(place, contact, 2 * thereMs, true);
      return;
    }
    contact.isPending = true;
    agenda.note(agenda.nowMs + 3 * thereMs, () => {
      contact.isPending = false;
      if (!station.isAlive) return;
      if (!other.isAlive || !isReachable() || isPaused(place)) fail(place, contact, timeoutMs);
      else network.connect(station, other);
    });
  };

  return {
    known: contacts,
    learn: (places) => {
      for (const place of places) {
        if (place === station.place || contacts.has(place)) continue;
        const contact = { failures: 0, isPending: false };
        contacts.set(place, contact);
        plan(place, contact, isLower(place) ? 20 * random.next() : politeMs + 20 * random.next());
      }
    },
    lose: (place, lastedMs) => {
      const contact = contacts.get(place);
      if (contact === undefined) return;
      contact.failures = lastedMs < goodMs ? contact.failures + 1 : 0;
      plan(place, contact, findPauseMs(contact) + (isLower(place) ? 0 : politeMs));
    },
  };
};

import { describe, expect, it } from 'vitest';
import { hostId, sessionId } from '../../../src/core/ids.ts';
import type { Event } from '../../../src/core/input.ts';
import type { Message } from '../../../src/core/message.ts';
import { createAgenda } from './agenda.ts';
import { meshName, protocols } from './machine.ts';
import type { Station } from './network.ts';
import { createNetwork } from './network.ts';

/** Two places that are connected, and all that each has been told. */
const createPair = ({ copies = false } = {}) => {
  const agenda = createAgenda();
  const powered = new Set([0, 1]);
  const spec = { delayMs: 10, bytesPerMs: 100 };
  const network = createNetwork({ agenda, seed: 1, spec, copies, isPowered: (place) => powered.has(place) });
  const told: [Event[], Event[]] = [[], []];
  const createStation = (place: 0 | 1): Station => {
    const life = { host: hostId(`h${place}`), incarnation: 1, boot: 'aaaaaaaa' };
    const rest = { platform: 'p', eligibility: 'allow', runs: 1, cores: 1 } as const;
    const station: Station = {
      ...{ place, isAlive: true, ends: new Map(), peers: new Map(), lastSession: 0 },
      hello: { life, mesh: meshName, protocol: protocols, ...rest },
      enqueue: (job) => {
        if (station.isAlive) job();
      },
      step: (event) => told[place].push(event),
      onConnect: () => {},
      onDisconnect: () => {},
    };
    return station;
  };
  const a = createStation(0);
  const b = createStation(1);
  const settle = (): void => {
    for (let going = true; going; ) going = agenda.doNext();
  };
  network.connect(a, b);
  settle();
  const send = (from: Station, round: number): void => {
    const message: Message = { kind: 'canvass', round, ballot: undefined };
    network.send(from, { kind: 'send', session: sessionId(1), message });
  };
  const rounds = (place: 0 | 1): readonly number[] =>
    told[place].flatMap((event) =>
      event.kind === 'message' && event.message.kind === 'canvass' ? [event.message.round] : [],
    );
  const downs = (place: 0 | 1): number => told[place].filter(({ kind }) => kind === 'sessionDown').length;
  return { agenda, network, powered, told, a, b, settle, send, rounds, downs };
};

const count = (length: number): readonly number[] => Array.from({ length }, (_, index) => index);

describe('the network of a simulated world', () => {
  it('tells both ends of a connection, each with the hello of the other, and which of them dialled', () => {
    const { told } = createPair();
    expect(told[0]).toMatchObject([{ kind: 'sessionUp', isDialler: true, hello: { life: { host: 'h1' } } }]);
    expect(told[1]).toMatchObject([{ kind: 'sessionUp', isDialler: false, hello: { life: { host: 'h0' } } }]);
  });

  it('keeps the order of messages, however long each one takes', () => {
    const { a, send, settle, rounds } = createPair();
    for (const round of count(200)) send(a, round);
    settle();
    expect(rounds(1)).toEqual(count(200));
  });

  it('keeps the order of messages where a link was slow, and is not any more', () => {
    const { network, a, send, settle, rounds } = createPair();
    const link = network.links.find(0, 1);
    link.slow.push({ delayMs: 5_000, bytesPerMs: 1 });
    for (const round of count(5)) send(a, round);
    link.slow.length = 0;
    for (const round of count(10).slice(5)) send(a, round);
    settle();
    expect(rounds(1)).toEqual(count(10));
  });

  it('holds back what goes into a cut, one way only, and lets it through in order when that is over', () => {
    const { network, a, b, send, settle, rounds } = createPair();
    network.links.block(0, 1);
    for (const round of count(5)) send(a, round);
    send(b, 7);
    settle();
    expect(rounds(1)).toEqual([]);
    expect(rounds(0)).toEqual([7]);
    network.links.unblock(0, 1);
    send(a, 5);
    settle();
    expect(rounds(1)).toEqual(count(6));
  });

  it('loses what is under way when a connection breaks, and tells both ends', () => {
    const { network, a, b, send, settle, rounds, downs } = createPair();
    send(a, 1);
    network.reset(a, b, 'none');
    settle();
    expect(rounds(1)).toEqual([]);
    expect([downs(0), downs(1)]).toEqual([1, 1]);
  });

  it('leaves an end that does not notice a break in the belief that it still has a connection', () => {
    const { network, a, b, send, settle, rounds, downs } = createPair();
    network.reset(a, b, 'a');
    send(a, 1);
    settle();
    expect([downs(0), downs(1)]).toEqual([0, 1]);
    expect(rounds(1)).toEqual([]);
  });

  it('tells the other end, after all that was sent before, when one closes', () => {
    const { network, told, a, send, settle, rounds, downs } = createPair();
    send(a, 1);
    network.close(a, sessionId(1));
    settle();
    expect(rounds(1)).toEqual([1]);
    expect(told[1].at(-1)?.kind).toBe('sessionDown');
    expect(downs(0), 'it knows that it closed it').toBe(0);
  });

  it('refuses to carry what an agent sends on a connection that it knows to be closed', () => {
    const { network, a, send } = createPair();
    network.close(a, sessionId(1));
    expect(() => send(a, 1)).toThrow('not open');
  });

  it('says nothing of a machine without power, and that nobody is there once it has power again', () => {
    const { powered, a, b, send, settle, downs } = createPair();
    b.isAlive = false;
    powered.delete(1);
    send(a, 1);
    settle();
    expect(downs(0)).toBe(0);
    powered.add(1);
    send(a, 2);
    settle();
    expect(downs(0)).toBe(1);
  });

  it('shares nothing between hosts, and keeps what was sent from being changed, where it is to copy', () => {
    const { network, told, a, settle } = createPair({ copies: true });
    const message: Message = { kind: 'vector', plans: [], isAnswer: false };
    network.send(a, { kind: 'send', session: sessionId(1), message });
    settle();
    const event = told[1].at(-1);
    expect(event).toMatchObject({ kind: 'message', message: { kind: 'vector' } });
    expect(event?.kind === 'message' && event.message === message).toBe(false);
    expect(Object.isFrozen(message.plans)).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import type { Effect } from '../../../src/core/effect.ts';
import { hostId, sessionId } from '../../../src/core/ids.ts';
import { listOwners, viewMesh, viewPeers } from '../../../src/core/meshView.ts';
import { createDriver, type Driver } from '../driver.ts';
import { makeLife } from '../lives.ts';
import { makePlan } from '../samples.ts';
import { createTalk, helloOf, plan1, type Talk } from '../talk.ts';

const plan = makePlan(
  Object.fromEntries(['t1', 't2', 't3', 't4', 't5', 't6'].map((name) => [name, [[], 60_000]])),
);

const peersOf = (talk: Talk, host: string): readonly string[] =>
  viewPeers(talk.state(host)).map(({ life }) => life.host);

/** A host says hello; the number of its session is what tells it from others. */
const greet = (driver: Driver, session: number, incarnation: number): readonly Effect[] => {
  const hello = { ...helloOf('other'), life: makeLife('other', incarnation) };
  return driver.send({ kind: 'sessionUp', session: sessionId(session), hello, isDialler: true });
};

const evict = (driver: Driver): readonly Effect[] =>
  driver.send({ kind: 'hostEvicted', host: hostId('other') });

describe('evictHost', () => {
  it('gives what a host held to others at once, and all who hear of it forget that host', () => {
    const hosts = ['a', 'b', 'c'];
    const talk = createTalk(hosts);
    for (const [one, other] of [
      ['a', 'b'],
      ['a', 'c'],
      ['b', 'c'],
    ] as const)
      talk.connect(one, other);
    talk.pass(5_000);
    for (const host of hosts) talk.send(host, { kind: 'planAdded', planId: plan1, plan, entries: [] });
    talk.pass(3_000);
    const leader = hosts.find((host) => viewMesh(talk.state(host)).role === 'leading') ?? '';
    const [victim = '', desk = ''] = hosts.filter((host) => host !== leader);
    const countOwned = (): number =>
      listOwners(talk.state(leader), plan1).filter(({ life }) => life.host === victim).length;
    expect(countOwned()).toBeGreaterThan(0);
    talk.send(desk, { kind: 'hostEvicted', host: hostId(victim) });
    talk.settle();
    expect(countOwned()).toBe(0);
    expect(peersOf(talk, leader)).toEqual([desk]);
    expect(peersOf(talk, desk)).toEqual([leader]);
    // A connection of its own would have been closed by now.
    talk.cut(leader, victim);
    talk.cut(desk, victim);
    talk.connect(victim, leader);
    talk.settle();
    expect(peersOf(talk, leader)).toEqual([desk]);
  });

  it('has a coordinator that is put out replaced without a wait', () => {
    const talk = createTalk(['a', 'b']);
    talk.connect('a', 'b');
    talk.pass(10_000);
    const leader = viewMesh(talk.state('a')).leader?.host === 'a' ? 'a' : 'b';
    const other = leader === 'a' ? 'b' : 'a';
    talk.send(other, { kind: 'hostEvicted', host: hostId(leader) });
    talk.pass(100);
    expect(viewMesh(talk.state(other)).role).toBe('leading');
  });

  it('refuses the life that was put out from then on, and takes a later one', () => {
    const driver = createDriver(1);
    greet(driver, 1, 3);
    expect(evict(driver)).toContainEqual({ kind: 'closeSession', session: 1, reason: 'evicted' });
    expect(greet(driver, 2, 3)).toContainEqual({ kind: 'closeSession', session: 2, reason: 'evicted' });
    expect(viewPeers(driver.state)).toEqual([]);
    const kinds = greet(driver, 3, 4).map((effect) =>
      effect.kind === 'send' ? effect.message.kind : effect.kind,
    );
    expect(kinds).toContain('evicted');
    expect(kinds).not.toContain('closeSession');
    expect(viewPeers(driver.state)).toMatchObject([{ life: { incarnation: 4 }, status: 'alive' }]);
  });

  it('tells a host that it was put out itself, once, and leaves it as it is', () => {
    const driver = createDriver(1);
    greet(driver, 1, 1);
    const message = { kind: 'evicted', lives: [makeLife('h1')] } as const;
    const hear = () => driver.send({ kind: 'message', session: sessionId(1), message });
    const note = { kind: 'note', note: { kind: 'hostEvicted', host: 'h1', isMe: true } };
    expect(hear()).toContainEqual(note);
    expect(hear()).not.toContainEqual(note);
    expect(viewPeers(driver.state)).toHaveLength(1);
  });
});

/** At its own wakes, or it would think that it had slept. */
const passTo = (driver: Driver, atMs: number): void => {
  for (let count = 0; driver.nowMs < atMs && count < 1_000; count++) {
    driver.tick(Math.min(atMs, driver.state.wakeAtMs ?? atMs));
  }
};

describe('forgetPeer', () => {
  /** Three others were here; one after the other goes, in the way that is said. */
  const meet = (): Driver => {
    const driver = createDriver(1, { mesh: { forgetMs: 100_000 } });
    for (const [index, host] of ['x', 'y', 'z'].entries()) {
      const session = sessionId(index + 1);
      driver.send({ kind: 'sessionUp', session, hello: helloOf(host), isDialler: true });
    }
    return driver;
  };

  const close = (driver: Driver, number: number): void => {
    driver.send({ kind: 'sessionDown', session: sessionId(number) });
  };

  it('forgets the dead a day after they were last heard, so that they count no more in a cut', () => {
    const driver = meet();
    for (const number of [1, 2, 3]) close(driver, number);
    passTo(driver, 20_000);
    expect(viewPeers(driver.state).map(({ status }) => status)).toEqual(['dead', 'dead', 'dead']);
    expect(driver.state.membership.minoritySinceMs).toBeDefined();
    passTo(driver, 100_000);
    expect(viewPeers(driver.state)).toEqual([]);
    expect(driver.state.membership.minoritySinceMs).toBeUndefined();
  });

  it('does not count who said that it goes', () => {
    const driver = meet();
    for (const number of [1, 2, 3]) {
      const session = sessionId(number);
      driver.send({ kind: 'message', session, message: { kind: 'leave', mode: 'now' } });
      close(driver, number);
    }
    expect(viewPeers(driver.state).map(({ status }) => status)).toEqual(['left', 'left', 'left']);
    expect(driver.state.membership.minoritySinceMs).toBeUndefined();
  });
});

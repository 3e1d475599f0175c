import { describe, expect, it } from 'vitest';
import { listOwners, viewHeld, viewMesh, viewPeers } from '../../../src/core/meshView.ts';
import { makeLife } from '../lives.ts';
import { makePlan } from '../samples.ts';
import { createTalk, plan1, type Talk } from '../talk.ts';

const names = ['t1', 't2', 't3', 't4', 't5', 't6'];
const plan = makePlan(Object.fromEntries(names.map((name) => [name, [[], 60_000]])));

/** Three hosts that hear each other; the first of the names leads, and the other two have tasks. */
const openTalk = (): { readonly talk: Talk; readonly leader: string; readonly others: readonly string[] } => {
  const hosts = ['a', 'b', 'c'];
  const talk = createTalk(hosts);
  talk.connect('a', 'b');
  talk.connect('a', 'c');
  talk.connect('b', 'c');
  talk.pass(5_000);
  for (const host of hosts) talk.send(host, { kind: 'planAdded', planId: plan1, plan, entries: [] });
  talk.pass(3_000);
  const leader = hosts.find((host) => viewMesh(talk.state(host)).role === 'leading') ?? '';
  return { talk, leader, others: hosts.filter((host) => host !== leader) };
};

const statusOf = (talk: Talk, host: string, peer: string): string | undefined =>
  viewPeers(talk.state(host)).find(({ life }) => life.host === peer)?.status;

describe('loseUnreachable', () => {
  it('grants again what waits at a host that only others can speak to', () => {
    const { talk, leader, others } = openTalk();
    const [one = '', other = ''] = others;
    const countOwned = (host: string): number =>
      listOwners(talk.state(leader), plan1).filter(({ life }) => life.host === host).length;
    expect(countOwned(one)).toBeGreaterThan(0);
    talk.cut(leader, one);
    talk.pass(30_000);
    expect(statusOf(talk, leader, one)).toBe('suspect');
    expect(statusOf(talk, other, one)).toBe('alive');
    expect(countOwned(one)).toBe(0);
  });

  it('brings back a task that was on its way to such a host', () => {
    const { talk, others } = openTalk();
    const [victim = '', thief = ''] = others;
    const { load } = viewPeers(talk.state(victim)).find(({ life }) => life.host === thief) ?? {};
    if (load === undefined) throw new Error('the thief has said nothing');
    const id = { thief: makeLife(thief), count: 99 };
    talk.say(thief, victim, { kind: 'steal', id, load, platform: 'test' });
    expect(viewHeld(talk.state(victim)).transfers).toHaveLength(1);
    talk.cut(victim, thief);
    talk.pass(30_000);
    expect(statusOf(talk, victim, thief)).toBe('suspect');
    expect(viewHeld(talk.state(victim)).transfers).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../src/core/facts/fact.ts';
import { planId } from '../../../src/core/ids.ts';
import { listEntries, viewMesh } from '../../../src/core/meshView.ts';
import type { Plan } from '../../../src/core/plan.ts';
import { makeLife, tokenOf } from '../lives.ts';
import { built, makeFact, makePlan } from '../samples.ts';
import { createTalk, plan1, type Talk } from '../talk.ts';

const limits = { mesh: { entriesMax: 10 } };

/** A plan of which other hosts, gone since, have built so many tasks each. */
const makeHistory = (origins: number, each: number): { readonly plan: Plan; readonly entries: Entry[] } => {
  const lives = Array.from({ length: origins }, (_, index) => makeLife(`old${index}`));
  const entries = lives.flatMap((origin) =>
    Array.from({ length: each }, (_, index) =>
      makeFact(`${origin.host}-${index}`, built, {
        origin,
        seq: index + 1,
        token: tokenOf(origin, index + 1),
      }),
    ),
  );
  const names = [...entries.map(({ task }) => task), 'open'];
  return { plan: makePlan(Object.fromEntries(names.map((name) => [name, [[], 1000]]))), entries };
};

const countTold = (talk: Talk): number =>
  talk.said.reduce((sum, { message }) => sum + (message.kind === 'entries' ? message.entries.length : 0), 0);

describe('hearVector', () => {
  it('tells a host that comes late each entry once, however many lives have made them', () => {
    const { plan, entries } = makeHistory(6, 45);
    const talk = createTalk(['a', 'late'], limits);
    talk.send('a', { kind: 'planAdded', planId: plan1, plan, entries });
    talk.connect('a', 'late');
    talk.settle();
    talk.send('late', { kind: 'planAdded', planId: plan1, plan, entries: [] });
    talk.settle();
    expect(listEntries(talk.state('late'), plan1)).toHaveLength(270);
    expect(countTold(talk)).toBe(270);
  });

  it('has one of many hosts tell it, not each of them', () => {
    const { plan, entries } = makeHistory(3, 40);
    const others = ['a', 'b', 'c', 'd', 'e'];
    const talk = createTalk([...others, 'late'], limits);
    for (const host of others) talk.send(host, { kind: 'planAdded', planId: plan1, plan, entries });
    for (const host of others) talk.connect(host, 'late');
    talk.settle();
    talk.send('late', { kind: 'planAdded', planId: plan1, plan, entries: [] });
    talk.settle();
    expect(listEntries(talk.state('late'), plan1)).toHaveLength(120);
    expect(countTold(talk)).toBe(120);
  });

  it('is told the first part by each, and the rest by one, when a host comes back that has missed much', () => {
    const { plan, entries } = makeHistory(3, 40);
    const others = ['a', 'b', 'c', 'd', 'e'];
    const talk = createTalk([...others, 'back'], limits);
    for (const host of others) talk.send(host, { kind: 'planAdded', planId: plan1, plan, entries });
    talk.send('back', { kind: 'planAdded', planId: plan1, plan, entries: [] });
    for (const host of others) talk.connect(host, 'back');
    talk.settle();
    expect(listEntries(talk.state('back'), plan1)).toHaveLength(120);
    expect(countTold(talk)).toBeLessThanOrEqual(120 + 10 * 2 * others.length);
  });

  it('fills the journals of both, when each has much that the other has not', () => {
    const { plan, entries } = makeHistory(4, 33);
    const isOfA = ({ origin }: Entry): boolean => origin.host < 'old2';
    const talk = createTalk(['a', 'b'], limits);
    talk.send('a', { kind: 'planAdded', planId: plan1, plan, entries: entries.filter(isOfA) });
    talk.send('b', { kind: 'planAdded', planId: plan1, plan, entries: entries.filter((one) => !isOfA(one)) });
    talk.connect('a', 'b');
    talk.settle();
    for (const host of ['a', 'b']) expect(listEntries(talk.state(host), plan1)).toHaveLength(132);
  });
});

describe('hearEntries', () => {
  const { plan, entries } = makeHistory(1, 5);
  const origin = makeLife('old0');
  const openTalk = (): Talk => {
    const talk = createTalk(['a', 'b']);
    for (const host of ['a', 'b']) talk.send(host, { kind: 'planAdded', planId: plan1, plan, entries: [] });
    talk.connect('a', 'b');
    talk.settle();
    return talk;
  };

  it('takes no entry from others that this life would have made itself', () => {
    const talk = openTalk();
    const forged = makeFact('open', built, { origin: makeLife('a') });
    talk.say('b', 'a', { kind: 'entries', planId: plan1, origin: makeLife('a'), from: 1, entries: [forged] });
    expect(listEntries(talk.state('a'), plan1)).toEqual([]);
  });

  it('takes nothing of another plan than the message says', () => {
    const talk = openTalk();
    const [first] = entries;
    const foreign = { ...makeFact('open', built, { origin }), planId: planId('other') };
    talk.say('b', 'a', { kind: 'entries', planId: plan1, origin, from: 1, entries: [foreign] });
    expect(listEntries(talk.state('a'), plan1)).toEqual([]);
    if (first !== undefined)
      talk.say('b', 'a', { kind: 'entries', planId: plan1, origin, from: 1, entries: [first] });
    expect(listEntries(talk.state('a'), plan1)).toHaveLength(1);
  });

  it('asks once for a gap that many entries show', () => {
    const talk = openTalk();
    talk.said.length = 0;
    for (const entry of entries.slice(1))
      talk.say('b', 'a', { kind: 'entries', planId: plan1, origin, from: entry.seq, entries: [entry] });
    expect(talk.said.filter(({ message }) => message.kind === 'vector')).toHaveLength(1);
  });

  it('leaves out tasks that a result adds and that need others, and goes on', () => {
    const talk = openTalk();
    const adds = makePlan({ x: [['open'], 1], y: [[], 1] }).tasks;
    const fact = makeFact('open', { kind: 'built', digest: 'sha256:0', sizeBytes: 1, adds }, { origin });
    talk.say('b', 'a', { kind: 'entries', planId: plan1, origin, from: 1, entries: [fact] });
    const names = [...(talk.state('a').plans[0]?.progress.table.indexOf.keys() ?? [])];
    expect(names).toContain('y');
    expect(names).not.toContain('x');
    expect(viewMesh(talk.state('a')).leader).toBeDefined();
  });
});

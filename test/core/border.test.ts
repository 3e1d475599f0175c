import { describe, expect, it } from 'vitest';
import { type Token, taskName } from '../../src/core/ids.ts';
import { listEntries, viewHeld, viewMesh } from '../../src/core/meshView.ts';
import type { HeldItem, Message } from '../../src/core/message.ts';
import { makeLife, tokenOf } from './lives.ts';
import { built, makeFact, makePlan } from './samples.ts';
import { createTalk, plan1, type Talk } from './talk.ts';

const openTalk = (): Talk => {
  const talk = createTalk(['a', 'b']);
  talk.connect('a', 'b');
  talk.pass(5_000);
  const plan = makePlan({ x: [[], 60_000], y: [[], 60_000] });
  for (const host of ['a', 'b']) talk.send(host, { kind: 'planAdded', planId: plan1, plan, entries: [] });
  talk.pass(1_000);
  return talk;
};

const bad = 'no token' as Token;

describe('isSound', () => {
  it('lets no text that is no token come to where tokens are compared', () => {
    const talk = openTalk();
    const life = makeLife('b');
    const { ballot } = viewMesh(talk.state('a'));
    if (ballot === undefined) throw new Error('nobody leads');
    const item: HeldItem = { planId: plan1, task: taskName('x'), token: bad, again: false, duplicate: false };
    const id = { thief: makeLife('a'), count: 1 };
    const messages: readonly Message[] = [
      { kind: 'hold', ballot, runs: [{ ...item, leftMs: 1 }], queue: [item], transfers: [] },
      { kind: 'grant', ballot, items: [{ ...item, cores: 1, rivals: 0 }] },
      { kind: 'returned', items: [item], reason: 'unable' },
      { kind: 'started', item: { ...item, leftMs: 1 } },
      { kind: 'give', id, item },
      { kind: 'moved', item, from: life.host },
      { kind: 'drop', ballot, item },
      {
        kind: 'entries',
        planId: plan1,
        origin: life,
        from: 1,
        entries: [makeFact('x', built, { origin: life, token: bad })],
      },
    ];
    for (const message of messages) talk.say('b', 'a', message);
    talk.pass(10_000);
    expect(listEntries(talk.state('a'), plan1)).toEqual([]);
    const { runs, queue } = viewHeld(talk.state('a'));
    expect([...runs, ...queue].filter(({ token }) => token === bad)).toEqual([]);
  });

  it('follows no ballot above which there is none', () => {
    const talk = openTalk();
    const life = makeLife('b');
    talk.say('b', 'a', { kind: 'lead', ballot: { n: Number.MAX_SAFE_INTEGER, life } });
    expect(viewMesh(talk.state('a')).ballot?.n).toBeLessThan(100);
    talk.cut('a', 'b');
    talk.pass(60_000);
    expect(viewMesh(talk.state('a')).role).toBe('leading');
  });

  it('lets what is right through', () => {
    const talk = openTalk();
    const life = makeLife('b', 7);
    const entry = makeFact('x', built, { origin: life, token: tokenOf(life, 1) });
    talk.say('b', 'a', { kind: 'entries', planId: plan1, origin: life, from: 1, entries: [entry] });
    expect(listEntries(talk.state('a'), plan1)).toEqual([entry]);
  });
});

import { describe, expect, it } from 'vitest';
import { forgetPlan } from '../../src/core/words.ts';
import { makePlan } from './samples.ts';
import { createTalk, plan1, type Talk } from './talk.ts';

const plan = makePlan({ x: [[], 60_000] });

/** Two hosts, of which the second has forgotten a plan that was stopped. */
const openTalk = (): Talk => {
  const talk = createTalk(['a', 'b']);
  talk.connect('a', 'b');
  talk.pass(5_000);
  for (const host of ['a', 'b']) talk.send(host, { kind: 'planAdded', planId: plan1, plan, entries: [] });
  talk.settle();
  talk.send('a', { kind: 'planStopped', planId: plan1, mode: 'now' });
  talk.pass(1_000);
  const [old] = talk.state('b').plans;
  if (old !== undefined) forgetPlan(talk.state('b'), old);
  return talk;
};

const isFetching = (talk: Talk): boolean => talk.state('b').wanted.has(plan1);

describe('wantPlan', () => {
  it('does not fetch again what was stopped and forgotten, though others still tell of it', () => {
    const talk = openTalk();
    talk.pass(10_000);
    talk.cut('a', 'b');
    talk.connect('a', 'b');
    talk.pass(10_000);
    expect(isFetching(talk)).toBe(false);
  });

  it('fetches it when a user has it go on', () => {
    const talk = openTalk();
    talk.send('a', { kind: 'planResumed', planId: plan1 });
    talk.settle();
    expect(isFetching(talk)).toBe(true);
  });

  it('tells who has missed the word that a forgotten plan was stopped', () => {
    const talk = openTalk();
    talk.said.length = 0;
    talk.say('a', 'b', { kind: 'plans', plans: [{ planId: plan1, word: { revision: 0, mode: 'run' } }] });
    expect(talk.said).toContainEqual({
      from: 'b',
      to: 'a',
      message: { kind: 'plans', plans: [{ planId: plan1, word: { revision: 1, mode: 'now' } }] },
    });
  });
});

describe('missPlan', () => {
  it('asks less and less often for a plan that nobody gives', () => {
    const talk = createTalk(['a', 'b']);
    talk.connect('a', 'b');
    talk.settle();
    talk.say('a', 'b', { kind: 'plans', plans: [{ planId: plan1, word: { revision: 0, mode: 'run' } }] });
    let asked = 1;
    for (let second = 0; second < 600; second++) {
      if (talk.state('b').wanted.get(plan1)?.isAsked === true) {
        asked += 1;
        talk.send('b', {
          kind: 'planNotFetched',
          planId: plan1,
          from: talk.state('a').life?.host ?? never(),
        });
      }
      talk.pass(1_000);
    }
    expect(asked).toBeLessThan(60);
    expect(asked).toBeGreaterThan(30);
  });
});

const never = (): never => {
  throw new Error('the host has no life');
};

import { describe, expect, it } from 'vitest';
import { sessionId } from '../../../src/core/ids.ts';
import { createDriver } from '../driver.ts';
import { makeLife, tokenOf } from '../lives.ts';
import { built, makeAttempt, makeFact, makePlan } from '../samples.ts';
import { helloOf, plan1 } from '../talk.ts';

describe('applyEntry', () => {
  it('charges a task once for an attempt that lay behind a gap in the store and is told again', () => {
    const origin = makeLife('old');
    const first = makeFact('a', built, { origin, seq: 1, token: tokenOf(origin, 1) });
    const second = makeAttempt('b', {}, { origin, seq: 2, token: tokenOf(origin, 2) });
    const driver = createDriver(1);
    driver.add(makePlan({ a: [[], 1], b: [[], 1] }), 'plan', [second]);
    const session = createSession(driver);
    const message = { kind: 'entries', planId: plan1, origin, from: 1, entries: [first, second] } as const;
    driver.send({ kind: 'message', session, message });
    const [plan] = driver.state.plans;
    expect([...(plan?.records.values() ?? [])].map(({ total }) => total)).toEqual([1]);
    expect([...(plan?.journal.values() ?? [])].map(({ entries }) => entries.length)).toEqual([2]);
  });
});

const createSession = (driver: ReturnType<typeof createDriver>) => {
  const session = sessionId(1);
  driver.send({ kind: 'sessionUp', session, hello: helloOf('other'), isDialler: true });
  return session;
};

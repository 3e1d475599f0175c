import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fact } from '../../../src/core/facts/fact.ts';
import { listStanding, mergeFacts, selectCanonical } from '../../../src/core/facts/merge.ts';
import { passToken } from '../../../src/core/ids.ts';
import { makeLife, tokenOf } from '../lives.ts';
import { anyFact, built, failed, makeAttempt, makeFact, makeRetry } from '../samples.ts';

const anyFactOf = (task: string): fc.Arbitrary<Fact> => anyFact().filter((fact) => fact.task === task);

describe('mergeFacts', () => {
  it('is commutative', () => {
    fc.assert(
      fc.property(anyFactOf('a'), anyFactOf('a'), (x, y) => {
        expect(mergeFacts(x, y)).toEqual(mergeFacts(y, x));
      }),
    );
  });

  it('is associative', () => {
    fc.assert(
      fc.property(anyFactOf('a'), anyFactOf('a'), anyFactOf('a'), (x, y, z) => {
        expect(mergeFacts(mergeFacts(x, y), z)).toEqual(mergeFacts(x, mergeFacts(y, z)));
      }),
    );
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(anyFactOf('a'), (x) => {
        expect(mergeFacts(x, x)).toBe(x);
      }),
    );
  });

  it('prefers built to failed, whoever was first', () => {
    const early = makeFact('a', failed, { seq: 1 });
    const late = makeFact('a', built, { seq: 2 });
    expect(mergeFacts(early, late)).toBe(late);
    expect(mergeFacts(late, early)).toBe(late);
  });

  it('takes of two that are built the one of the lower token, whatever it looks like, then the smaller origin', () => {
    const [origin, other] = [makeLife('h1'), makeLife('h2')];
    const first = makeFact('a', built, { origin: other, token: tokenOf(origin, 2) });
    const second = makeFact('a', built, { origin, token: tokenOf(origin, 10) });
    const passed = makeFact('a', built, { origin, token: passToken(first.token) });
    const same = makeFact('a', built, { origin, token: first.token });
    expect(mergeFacts(second, first)).toBe(first);
    expect(mergeFacts(passed, first)).toBe(first);
    expect(mergeFacts(first, same)).toBe(same);
  });
});

describe('mergeFacts of a broken host', () => {
  it('agrees with itself on two facts that have one number', () => {
    const [x, y] = [makeFact('a', built, { wallMs: 1 }), makeFact('a', built, { wallMs: 2 })];
    expect(mergeFacts(x, y)).toBe(mergeFacts(y, x));
  });
});

describe('selectCanonical', () => {
  it('comes to the same facts in whatever order, and however often, they and wishes for retries are learnt', () => {
    const anyRetry = fc
      .tuple(fc.constantFrom('a', 'b', 'c'), fc.array(anyFact(), { minLength: 1, maxLength: 6 }))
      .map(([task, facts]) =>
        makeRetry(
          task,
          facts.map(({ token }) => token),
        ),
      );
    const anyEntry = fc.oneof({ weight: 4, arbitrary: anyFact() }, { weight: 1, arbitrary: anyRetry });
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 25 }), fc.infiniteStream(fc.nat()), (entries, numbers) => {
        const shuffled = [...entries, ...entries]
          .map((entry) => ({ entry, key: numbers.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ entry }) => entry);
        const sorted = (map: Map<string, Fact>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
        expect(sorted(selectCanonical(shuffled))).toEqual(sorted(selectCanonical(entries)));
      }),
    );
  });

  it('leaves out failures that a retry voids, and nothing that was built or failed since', () => {
    const origin = makeLife('h1');
    const [first, second] = [failed, failed].map((outcome, index) =>
      makeFact('a', outcome, { origin, seq: index + 1 }),
    );
    const whole = makeFact('b', built, { origin, seq: 3 });
    const retries = [
      makeRetry('a', [tokenOf(origin, 1)], { seq: 4 }),
      makeRetry('b', [whole.token], { seq: 5 }),
    ];
    const entries = [...retries, first, second, whole].filter((entry) => entry !== undefined);
    expect(listStanding(entries)).toEqual([second, whole]);
    expect(selectCanonical([...retries, ...(first === undefined ? [] : [first])]).size).toBe(0);
  });

  it('keeps one of several facts about a task, built more than once and failed before, and no attempts', () => {
    const origin = makeLife('h1');
    const facts = [failed, built, built].map((outcome, index) =>
      makeFact('a', outcome, { origin, seq: index + 1 }),
    );
    const troubled = makeAttempt('b', {}, { origin, seq: 4 });
    expect([...selectCanonical([...facts.toReversed(), troubled])]).toEqual([['a', facts[1]]]);
  });
});

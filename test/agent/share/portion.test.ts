import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { portionHost, type Wish } from '../../../agent/share/portion.ts';

const wish = (id: string, slots: number, cores: number): Wish => ({ id, slots, cores });
const anyWishes = fc.uniqueArray(
  fc.record({
    id: fc.stringMatching(/^[a-z]{1,4}$/),
    slots: fc.integer({ min: 1, max: 40 }),
    cores: fc.integer({ min: 1, max: 64 }),
  }),
  { minLength: 1, maxLength: 8, selector: ({ id }) => id },
);

describe('the parts of a host', () => {
  it.each([
    ['one agent alone has all that it wants', [wish('a', 4, 8)], { a: [4, 8] }],
    ['two alike have half each', [wish('a', 4, 8), wish('b', 4, 8)], { a: [2, 4], b: [2, 4] }],
    [
      'three alike lose nothing to rounding',
      [wish('a', 4, 8), wish('b', 4, 8), wish('c', 4, 8)],
      {
        a: [2, 3],
        b: [1, 3],
        c: [1, 2],
      },
    ],
    ['two that were given halves keep them', [wish('a', 2, 4), wish('b', 2, 4)], { a: [2, 4], b: [2, 4] }],
    ['who wants more has more', [wish('a', 2, 2), wish('b', 8, 8)], { a: [2, 2], b: [6, 6] }],
    [
      'more agents than cores: one slot each',
      [...'abcdefghi'].map((id) => wish(id, 1, 1)),
      {
        ...Object.fromEntries([...'abcdefghi'].map((id) => [id, [1, 1]])),
      },
    ],
  ] as const)('%s', (_, wishes, portions) => {
    const given = [...portionHost(wishes, 8)].map(([id, { slots, cores }]) => [id, [slots, cores]]);
    expect(Object.fromEntries(given)).toEqual(portions);
  });

  it('are at least one slot and one core, never more than was wanted, and together no more than the host has', () => {
    fc.assert(
      fc.property(anyWishes, fc.integer({ min: 1, max: 64 }), (wishes, hostCores) => {
        const portions = portionHost(wishes, hostCores);
        const capacity = Math.max(hostCores, ...wishes.map(({ cores }) => cores));
        let cores = 0;
        let forced = 0;
        for (const { id, ...wanted } of wishes) {
          const portion = portions.get(id) ?? { slots: 0, cores: 0 };
          expect(portion.slots).toBeGreaterThanOrEqual(1);
          expect(portion.cores).toBeGreaterThanOrEqual(1);
          expect(portion.slots).toBeLessThanOrEqual(wanted.slots);
          expect(portion.cores).toBeLessThanOrEqual(wanted.cores);
          cores += portion.cores;
          if (portion.cores === 1) forced += 1;
        }
        expect(cores - forced).toBeLessThanOrEqual(capacity);
      }),
    );
  });

  it('are the same for every agent, whatever order it hears of the others in', () => {
    fc.assert(
      fc.property(anyWishes, (wishes) => {
        const sorted = (given: ReturnType<typeof portionHost>) =>
          [...given].toSorted(([a], [b]) => (a < b ? -1 : 1));
        expect(sorted(portionHost(wishes.toReversed(), 8))).toEqual(sorted(portionHost(wishes, 8)));
      }),
    );
  });
});

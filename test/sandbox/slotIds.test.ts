import { describe, expect, it } from 'vitest';
import type { SlotIds } from '../../src/sandbox/driver.ts';
import { mapSlotUser, ownBy, SlotNumbers } from '../../src/sandbox/slotIds.ts';
import { emptySpec, nobody } from './support/host.ts';

const ids: SlotIds = { user: nobody, first: 5000, count: 8 };

describe('user ids of slots', () => {
  it('are those of their names, and for others the last that are free', () => {
    const numbers = new SlotNumbers();
    expect(['build-2', 'scan-1', 'build-3', 'build-700'].map((slot) => numbers.take(slot, ids))).toEqual([
      ...[5002, 5007, 5003, 5006],
    ]);
  });

  it('are nobody else’s until they are given back, and not more than there are', () => {
    const numbers = new SlotNumbers();
    const slots = Array.from({ length: 8 }, (_, index) => `build-${index}`);
    const taken = slots.map((slot) => numbers.take(slot, ids));
    expect(new Set(taken).size).toBe(8);
    expect(Math.min(...taken)).toBe(5000);
    expect(() => numbers.take('build-9', ids)).toThrow('all of the 8 user ids');
    numbers.giveBack('build-3');
    expect(numbers.take('build-9', ids)).toBe(5003);
  });

  it('take the place of the build user in a map of a whole host', () => {
    expect(mapSlotUser('         0          0 4294967295\n', { inside: 1005, outside: 2_090_001 })).toBe(
      '0 0 1005\n1006 1006 2088995\n2090002 2090002 2092877293\n1005 2090001 1'.replace(
        '2092877293',
        String(4_294_967_295 - 2_090_002),
      ),
    );
  });

  it('are in no map that has not both, and leave nothing empty at its ends', () => {
    expect(mapSlotUser('0 0 65536\n', { inside: 1005, outside: 2_090_001 })).toBeUndefined();
    expect(mapSlotUser('0 100000 10\n20 200000 5\n', { inside: 0, outside: 24 })).toBe(
      '1 1 9\n20 20 4\n0 24 1',
    );
  });

  it('own what is made for the build user, and nothing else', () => {
    const other = { ...nobody, uid: 7 };
    const freshDirs = [nobody, other, undefined].map((owner) => ({ path: '/x', owner }));
    const made = ownBy({ ...emptySpec, freshDirs }, { inside: nobody.uid, outside: 5001 });
    expect(made.freshDirs.map(({ owner }) => owner?.uid)).toEqual([5001, 7, undefined]);
  });
});

import { describe, expect, it } from 'vitest';
import { slotName } from '../../../src/core/ids.ts';
import {
  countPlaces,
  createPool,
  isPoolClean,
  nextCommand,
  replaceSlot,
} from '../../../src/core/slot/pool.ts';
import { becomeCleaning, becomePreparing, becomeReady } from '../../../src/core/slot/slot.ts';

const names = (...list: readonly string[]) => list.map(slotName);

describe('the pool', () => {
  it('replaces a slot under a name that it never had, and shows the lost one', () => {
    const pool = createPool(names('build-1', 'build-2'));
    const [first] = pool.slots;
    if (first === undefined) throw new Error('no slot');
    becomePreparing(first, nextCommand(pool, 0));
    becomeReady(first);
    becomeCleaning(first, nextCommand(pool, 0));
    expect(isPoolClean(pool)).toBe(false);
    expect(replaceSlot(pool, first, 7)).toMatchObject({ name: 'build-3', state: { retryAtMs: 7 } });
    expect(pool.slots.map(({ name, state }) => [name, state.kind])).toEqual([
      ['build-1', 'retired'],
      ['build-2', 'empty'],
      ['build-3', 'empty'],
    ]);
    expect(countPlaces(pool)).toBe(2);
    expect(isPoolClean(pool)).toBe(true);
  });

  it('refuses two slots of one name', () => {
    expect(() => createPool(names('build-1', 'build-1'))).toThrow(/one name/);
  });
});

import { describe, expect, it } from 'vitest';
import { BatchSizer, drainGrowing } from '../../../src/pkgsrc/scan/pool.ts';

const single = () => 1;

describe('working through a growing list', () => {
  it('works on what the work itself finds, and ends when nothing is left', async () => {
    const seen: number[] = [];
    await drainGrowing([1, 2], 2, single, async ([item = 0]) => {
      seen.push(item);
      return item < 10 ? [item * 10] : [];
    });
    expect(seen).toEqual([1, 2, 10, 20]);
  });

  it('ends at once when there is nothing', async () => {
    await drainGrowing([], 4, single, async () => []);
  });

  it('never works on more than the limit, and on so many as soon as there are', async () => {
    let running = 0;
    let most = 0;
    await drainGrowing([0], 3, single, async ([item]) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return item === 0 ? [1, 2, 3, 4, 5, 6] : [];
    });
    expect(most).toBe(3);
  });

  it('starts nothing after an error, and waits for what runs', async () => {
    const ended: number[] = [];
    const work = async ([item = 0]: readonly number[]): Promise<number[]> => {
      if (item === 1) throw new Error('first');
      await new Promise((resolve) => setImmediate(resolve));
      ended.push(item);
      return [];
    };
    await expect(drainGrowing([1, 2, 3, 4], 2, single, work)).rejects.toThrow('first');
    expect(ended).toEqual([2]);
  });
});

describe('the size of a batch', () => {
  it('is small at first, then as many as take some seconds, and less near the end', () => {
    const sizer = new BatchSizer(2);
    expect(sizer.size(1000)).toBe(4);
    sizer.took(4, 4 * 300);
    expect(sizer.size(1000)).toBe(17);
    expect(sizer.size(12)).toBe(3);
    expect(sizer.size(1)).toBe(1);
  });

  it('has a bound, however fast make is', () => {
    const sizer = new BatchSizer(1);
    sizer.took(4, 0);
    expect(sizer.size(100_000)).toBe(64);
  });
});

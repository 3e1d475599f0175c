import { describe, expect, it } from 'vitest';
import { drainGrowing } from '../../../src/pkgsrc/scan/pool.ts';

describe('working through a growing list', () => {
  it('works on what the work itself finds, and ends when nothing is left', async () => {
    const seen: number[] = [];
    await drainGrowing([1, 2], 2, async (item) => {
      seen.push(item);
      return item < 10 ? [item * 10] : [];
    });
    expect(seen).toEqual([1, 2, 10, 20]);
  });

  it('ends at once when there is nothing', async () => {
    await drainGrowing([], 4, async () => []);
  });

  it('never works on more than the limit, and on so many as soon as there are', async () => {
    let running = 0;
    let most = 0;
    await drainGrowing([0], 3, async (item) => {
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
    const work = async (item: number): Promise<number[]> => {
      if (item === 1) throw new Error('first');
      await new Promise((resolve) => setImmediate(resolve));
      ended.push(item);
      return [];
    };
    await expect(drainGrowing([1, 2, 3, 4], 2, work)).rejects.toThrow('first');
    expect(ended).toEqual([2]);
  });
});

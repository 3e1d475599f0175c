import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../src/core/limits.ts';

describe('backoffMs', () => {
  it('grows with each failure in a row and stays at its cap, however many there are', () => {
    const pause = { firstMs: 1_000, factor: 2, capMs: 6_000 };
    expect([1, 2, 3, 4, 5_000].map((failures) => backoffMs(pause, failures))).toEqual([
      1_000, 2_000, 4_000, 6_000, 6_000,
    ]);
  });
});

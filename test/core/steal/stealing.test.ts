import { describe, expect, it } from 'vitest';
import { createStealing, noteTaken } from '../../../src/core/steal/stealing.ts';

describe('noteTaken', () => {
  it('remembers the last thousand steals of weeks of stealing', () => {
    const stealing = createStealing();
    for (let count = 0; count < 50_000; count += 3) noteTaken(stealing, count);
    expect(stealing.taken.size).toBe(1_000);
    expect(stealing.taken.has(49_998)).toBe(true);
    expect(stealing.taken.has(0)).toBe(false);
  });
});

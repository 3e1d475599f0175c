import { describe, expect, it } from 'vitest';
import { AssertionFailure, assert, itemAt } from '../../src/core/assert.ts';

describe('assertions', () => {
  it('throw a class of their own, so that no shell takes a bug for trouble', () => {
    expect(() => assert(false, 'slot used twice')).toThrow(AssertionFailure);
    expect(() => itemAt([1, 2], 2)).toThrow(AssertionFailure);
    expect(itemAt([1, 2], 1)).toBe(2);
  });
});

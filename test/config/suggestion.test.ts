import { describe, expect, it } from 'vitest';
import { editDistance, suggestWord } from '../../src/config/suggestion.ts';

describe('suggestWord', () => {
  const known = ['bootstrap_kit', 'build_user', 'prefix', 'make'];

  it('finds the word behind a slip, another case or another way to join words', () => {
    const wishes = ['prefxi', 'bootstrapKit', 'build-user', 'PREFIX', 'mak', 'bootsrap_kit'];
    expect(wishes.map((wish) => suggestWord(wish, known))).toEqual([
      'prefix',
      'bootstrap_kit',
      'build_user',
      'prefix',
      'make',
      'bootstrap_kit',
    ]);
  });

  it('says nothing when no word is near', () => {
    expect(suggestWord('colour', known)).toBeUndefined();
    expect(suggestWord('x', [])).toBeUndefined();
  });
});

describe('editDistance', () => {
  it('counts inserts, deletes, replacements and swaps of neighbours', () => {
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('slots', 'solts')).toBe(1);
    expect(editDistance('same', 'same')).toBe(0);
  });
});

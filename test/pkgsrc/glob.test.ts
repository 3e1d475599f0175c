import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchGlob, parseGlob } from '../../src/pkgsrc/glob.ts';

const matches = (pattern: string, name: string): boolean => matchGlob(parseGlob(pattern), name);

/** The definition, by recursion, for patterns without sets and escapes. */
function matchNaively(pattern: string, name: string): boolean {
  if (pattern === '') return name === '';
  const rest = pattern.slice(1);
  if (pattern.startsWith('*')) {
    return matchNaively(rest, name) || (name !== '' && matchNaively(pattern, name.slice(1)));
  }
  if (name === '') return false;
  return (pattern.startsWith('?') || pattern[0] === name[0]) && matchNaively(rest, name.slice(1));
}

describe('a glob', () => {
  it.each([
    ['foo-[0-9]*', 'foo-1.0', true],
    ['foo-[0-9]*', 'foo-bar-1', false],
    ['foo-[0-9]*', 'foo-2bar-1', true],
    ['foo-[!0-9]*', 'foo-bar-1', true],
    ['foo-[^0-9]*', 'foo-1', false],
    ['foo-?.0', 'foo-1.0', true],
    ['foo-?.0', 'foo-10.0', false],
    ['[]x]-1', ']-1', true],
    ['[a-]-1', '--1', true],
    ['foo]-1', 'foo]-1', true],
    ['foo\\*-1', 'foo*-1', true],
    ['foo\\*-1', 'fooo-1', false],
    ['foo-[1', 'foo-[1', false],
    ['*', '.foo-1', false],
    ['.*', '.foo-1', true],
    ['foo*', 'foo', true],
    ['', '', true],
    ['', 'a', false],
  ])('%s on %s is %s', (pattern, name, expected) => {
    expect(matches(pattern, name)).toBe(expected);
  });

  it('agrees with its definition', () => {
    const text = (alphabet: string) =>
      fc.array(fc.constantFrom(...alphabet), { maxLength: 8 }).map((chars) => chars.join(''));
    fc.assert(
      fc.property(text('ab*?'), text('ab'), (pattern, name) => {
        expect(matches(pattern, name)).toBe(matchNaively(pattern, name));
      }),
      { numRuns: 500 },
    );
  });

  it('of many stars ends at once on a name that nearly fits', () => {
    expect(matches(`${'a*'.repeat(100)}b`, 'a'.repeat(200))).toBe(false);
  });
});

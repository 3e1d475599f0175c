import { expect, it } from 'vitest';
import { parseDepend } from '../../src/pkgsrc/depend.ts';

it('a dependency word is a pattern and a place', () => {
  expect(parseDepend('foo>=1:../../devel/foo')).toMatchObject({
    kind: 'depend',
    patternText: 'foo>=1',
    pkgpath: 'devel/foo',
  });
});

it.each([
  'foo>=1',
  ':../../devel/foo',
  'foo>=1:../devel/foo',
  'foo>=1:../../foo',
  'a-1:../../../x/y',
  'a-1:../../a/..',
])('a word like %s is malformed', (word) => {
  expect(parseDepend(word)).toEqual({ kind: 'malformed', reason: 'not pattern:../../category/directory' });
});

it('a word with a malformed pattern says what is wrong with it', () => {
  expect(parseDepend('{a,b-1:../../x/a')).toEqual({ kind: 'malformed', reason: 'a { without its }' });
});

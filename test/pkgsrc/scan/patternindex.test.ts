import fc from 'fast-check';
import { expect, it } from 'vitest';
import { matchPattern, parsePattern } from '../../../src/pkgsrc/pattern.ts';
import { PatternIndex } from '../../../src/pkgsrc/scan/patternindex.ts';
import { splitPkgName } from '../../../src/pkgsrc/version.ts';

it('an index says of a name what trying every pattern says', () => {
  const pattern = fc.constantFrom(
    'a-1',
    'a>=2',
    'ab<1',
    'a-[0-9]',
    'ab-*',
    '*2',
    '{a,b}-1',
    '{b>1,ab-2}',
    '{a',
    '',
  );
  const name = fc.constantFrom('a-1', 'a-2', 'ab-1', 'ab-2', 'b-1', 'b-2', 'ba-3');
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 4 }), name, (texts, pkgname) => {
      const index = new PatternIndex();
      const patterns = texts.map(parsePattern);
      for (const parsed of patterns) index.add(parsed);
      const parts = splitPkgName(pkgname);
      expect(index.hasMatch(parts)).toBe(patterns.some((parsed) => matchPattern(parsed, parts)));
    }),
  );
});

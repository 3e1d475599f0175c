import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NameIndex } from '../../src/pkgsrc/nameindex.ts';
import { matchPattern, parsePattern } from '../../src/pkgsrc/pattern.ts';
import { splitPkgName } from '../../src/pkgsrc/version.ts';

const best = (names: readonly string[], pattern: string): string | undefined => {
  const index = new NameIndex(names.map(splitPkgName));
  const id = index.best(index.match(parsePattern(pattern)));
  return id === undefined ? undefined : names[id];
};

describe('the best match', () => {
  it('is the highest version, not the highest text', () => {
    expect(best(['a-9', 'a-10', 'a-10rc1'], 'a-[0-9]*')).toBe('a-10');
  });

  it('on a tie is the name that sorts later', () => {
    expect(best(['b-1.0', 'b-1', 'b-1.0.0'], 'b>=1')).toBe('b-1.0.0');
  });

  it('is chosen by version across different names', () => {
    expect(best(['gs-8.70', 'gs-esp-8.15'], '{gs,gs-esp}-[0-9]*')).toBe('gs-8.70');
    expect(best(['gs-8.15', 'gs-esp-8.70'], '{gs,gs-esp}-[0-9]*')).toBe('gs-esp-8.70');
  });

  it('is none where nothing matches', () => {
    expect(best(['a-1'], 'b-[0-9]*')).toBeUndefined();
  });
});

it('an index finds what trying every name finds, whether names came at once or one by one', () => {
  const name = fc
    .tuple(fc.constantFrom('a', 'ab', 'a-b', 'b', 'A'), fc.constantFrom('1', '2', '2nb1', '10'))
    .map((parts) => parts.join('-'));
  const pattern = fc.oneof(
    name,
    fc.constantFrom(
      'a-[0-9]*',
      '*',
      'a*',
      '?-1',
      '{a,b}>=2',
      '{a-[0-9]*,ab<2,a-1}',
      'a-b>1',
      'c-[0-9]*',
      '{a',
      'a-[0-9*',
    ),
  );
  fc.assert(
    fc.property(fc.array(name, { maxLength: 20 }), fc.nat(20), pattern, (texts, atOnce, text) => {
      const names = texts.map(splitPkgName);
      const index = new NameIndex(names.slice(0, atOnce));
      for (const later of names.slice(atOnce)) index.add(later);
      const parsed = parsePattern(text);
      const expected = names.flatMap((parts, id) => (matchPattern(parsed, parts) ? [id] : []));
      expect(index.match(parsed)).toEqual(expected);
    }),
  );
});

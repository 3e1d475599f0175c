import { describe, expect, it } from 'vitest';
import { parseSelection } from '../../src/pkgsrc/selection.ts';

const perl = { pkgpath: 'lang/perl5', pkgbase: 'perl', pkgname: 'perl-5.36.0nb1' };
const isPerl = (...words: readonly string[]): boolean => parseSelection(words)(perl);

describe('words that select packages', () => {
  it.each(['perl', 'perl-5.36.0nb1', 'lang/perl5', 'lang/*', 'perl>=5.36', 'perl-[0-9]*', '{ruby,perl}-5*'])(
    '%s is perl',
    (word) => expect(isPerl(word)).toBe(true),
  );

  it.each(['per', 'perl5', 'lang', 'lang/perl', 'perl>=5.38', 'perl-5.36.0'])('%s is not', (word) =>
    expect(isPerl(word)).toBe(false),
  );

  it('select what any of them selects, and everything when there is none', () => {
    expect(isPerl('ruby', 'perl')).toBe(true);
    expect(isPerl()).toBe(true);
  });

  it('are refused when no pattern could be meant', () => {
    expect(() => isPerl('{perl')).toThrow('not a pattern');
  });
});

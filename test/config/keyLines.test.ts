import { describe, expect, it } from 'vitest';
import { findKeyLines, lineOf } from '../../src/config/keyLines.ts';

describe('findKeyLines', () => {
  it('finds keys in sections, dotted and quoted keys, lists and inline tables', () => {
    const text = [
      '# a = 1', // 1
      'top = "x # no comment"', // 2
      '[paths] # [no]', // 3
      'a.b = 1', // 4
      '"c d" = [ # first', // 5
      '  "one", "two",', // 6
      "  'three' ]", // 7
      '[pkgsrc."x.y"]', // 8
      'in = { p = 1, q = [1,', // 9
      ' 2] }', // 10
      'last = 2026-01-01 # end', // 11
      'very = true', // 12
    ].join('\n');
    const lines = findKeyLines(text);
    const at = (...path: readonly string[]): number | undefined => lines.get(path.join('\0'));
    expect([at('top'), at('paths'), at('paths', 'a', 'b'), at('paths', 'c d')]).toEqual([2, 3, 4, 5]);
    expect([0, 1, 2].map((index) => at('paths', 'c d', `${index}`))).toEqual([6, 6, 7]);
    expect([at('pkgsrc', 'x.y'), at('pkgsrc', 'x.y', 'in', 'p')]).toEqual([8, 9]);
    expect([at('pkgsrc', 'x.y', 'in', 'q', '1'), at('pkgsrc', 'x.y', 'last')]).toEqual([10, 11]);
    expect(at('pkgsrc', 'x.y', 'very')).toBe(12);
    expect(at('a')).toBeUndefined();
  });

  it('is not led astray by what looks like keys inside long texts', () => {
    const text = 'a = """\n[no]\nb = 1 \\""" ""\n"""\nc = \'\'\'\nd = 1\n\'\'\'\r\ne = ""\n';
    expect([...findKeyLines(text)]).toEqual([
      ['a', 1],
      ['c', 5],
      ['e', 8],
    ]);
  });

  it('gives the nearest line around for a path that is not there', () => {
    const lines = findKeyLines('[a]\nb = 1\n');
    expect(lineOf(lines, ['a', 'b', '3'])).toBe(2);
    expect(lineOf(lines, ['a', 'x'])).toBe(1);
    expect(lineOf(lines, ['z'])).toBeUndefined();
  });
});

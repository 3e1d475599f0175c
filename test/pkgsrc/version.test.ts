import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions, parseVersion, splitPkgName } from '../../src/pkgsrc/version.ts';

const compare = (left: string, right: string): number =>
  compareVersions(parseVersion(left), parseVersion(right));

const versionText = fc
  .array(
    fc.constantFrom(
      '0',
      '1',
      '9',
      '12',
      '.',
      '_',
      'alpha',
      'Beta',
      'pre',
      'rc',
      'pl',
      'nb',
      'a',
      'Z',
      '+',
      '>',
    ),
  )
  .map((parts) => parts.join(''));

describe('versions', () => {
  it('are ordered from alpha over release and package revision to a letter', () => {
    const rising = [
      '1.0alpha',
      '1.0beta2',
      '1.0rc1',
      '1.0',
      '1.0nb1',
      '1.0nb2',
      '1.0a',
      '1.0b',
      '1.1',
      '1.10',
      '2',
    ];
    for (const [at, version] of rising.entries()) {
      for (const [other, text] of rising.entries()) {
        expect(Math.sign(compare(version, text)), `${version} to ${text}`).toBe(Math.sign(at - other));
      }
    }
  });

  it.each([
    ['1', '1.0'],
    ['1.0', '1.0.0'],
    ['1.0pre3', '1.0rc3'],
    ['1.0.3', '1.0pl3'],
    ['1.0.3', '1.0_3'],
    ['1.0a', '1.0.1'],
    ['1.0RC1', '1.0rc1'],
    ['1.0A', '1.0a'],
    ['1.0+', '1.0'],
    ['1.0nb0', '1.0'],
    ['1.007', '1.7'],
  ])('%s is the same version as %s', (left, right) => {
    expect(compare(left, right)).toBe(0);
  });

  it('put a beta below the letter b', () => {
    expect(compare('1.0beta2', '1.0b2')).toBeLessThan(0);
  });

  it('compare the package revision only when all else is equal', () => {
    expect(compare('1.0nb99', '1.0.1')).toBeLessThan(0);
    expect(compare('1.0nb2.3', '1.0nb1.3')).toBeGreaterThan(0);
  });

  it('keep their order beyond what a double or a machine word holds', () => {
    expect(compare('9007199254740993', '9007199254740992')).toBeGreaterThan(0);
    expect(compare('18446744073709551617', '18446744073709551616')).toBeGreaterThan(0);
    expect(compare(`1.${'9'.repeat(3000)}`, '1.5')).toBeGreaterThan(0);
    expect(compare('1nb99999999999999999999', '1nb1')).toBeGreaterThan(0);
  });

  it('are a total order, whatever the text', () => {
    fc.assert(
      fc.property(versionText, versionText, versionText, (a, b, c) => {
        expect(Math.sign(compare(a, b))).toBe(-Math.sign(compare(b, a)) + 0);
        if (compare(a, b) <= 0 && compare(b, c) <= 0) expect(compare(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe('splitting a PKGNAME', () => {
  it('takes the last dash', () => {
    expect(splitPkgName('p5-Foo-Bar-1.2nb3').base).toBe('p5-Foo-Bar');
    expect(splitPkgName('p5-Foo-Bar-1.2nb3').version).toEqual(parseVersion('1.2nb3'));
  });

  it('takes a name without a dash as all base', () => {
    expect(splitPkgName('foo').base).toBe('foo');
  });
});

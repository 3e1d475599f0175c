import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchPattern, parsePattern } from '../../src/pkgsrc/pattern.ts';
import { compareVersions, parseVersion, splitPkgName } from '../../src/pkgsrc/version.ts';

const matches = (pattern: string, pkgname: string): boolean =>
  matchPattern(parsePattern(pattern), splitPkgName(pkgname));

describe('a pattern', () => {
  it.each([
    ['foo>=1.0', 'foo-1.0', true],
    ['foo>1.0', 'foo-1.0', false],
    ['foo>1.0', 'foo-1.0nb1', true],
    ['foo<2', 'foo-2.0beta1', true],
    ['foo<=2', 'foo-2.0', true],
    ['foo>=1.2<2', 'foo-1.9', true],
    ['foo>=1.2<2', 'foo-2', false],
    ['foo>=1.2<2', 'foo-1.1', false],
    ['foo>1<=2', 'foo-2', true],
    ['fo>=1', 'foo-1', false],
    ['foo>=1', 'foo-bar-1', false],
    ['foo-bar>=1', 'foo-bar-1', true],
    ['foo>=', 'foo-1', true],
    ['foo>=1', 'foo', false],
    ['foo==1.0', 'foo-1.0', false],
    ['foo!=2.0', 'foo-1.0', false],
    ['foo-[0-9]*', 'foo-1.0', true],
    ['foo-[0-9]*', 'foo-bar-1', false],
    ['foo-1.0', 'foo-1.0', true],
    ['foo-1.0', 'foo-1.0.0', false],
    ['{foo,bar}-[0-9]*', 'bar-1', true],
    ['{foo>=2,bar>=1}', 'foo-1', false],
    ['{foo>=2,bar>=1}', 'bar-1', true],
    ['{gs,gs-{esp,gpl}}-[0-9]*', 'gs-gpl-8', true],
    ['foo{,-bar}{1,2}-1', 'foo-bar2-1', true],
    ['foo{}-1', 'foo-1', true],
    ['foo}-1', 'foo}-1', true],
    ['foo-{1,2}.{0,1}', 'foo-2.1', true],
  ])('%s on %s is %s', (pattern, name, expected) => {
    expect(matches(pattern, name)).toBe(expected);
  });

  it('with its bounds the wrong way round compares with one odd version, as pbulk does', () => {
    expect(matches('foo<3>=1', 'foo-3')).toBe(true);
    expect(matches('foo<3>=1', 'foo-3.2')).toBe(true);
    expect(matches('foo<3>=1', 'foo-4')).toBe(false);
  });

  it.each([
    ['{foo,bar-[0-9]*', 'a { without its }'],
    ['{foo,{bar}-1', 'a { without its }'],
    ['{a,b}'.repeat(40), 'over 4096 alternates'],
    [`${'x'.repeat(5000)}-1`, 'longer than 4096 characters'],
  ])('that is malformed is a value that says why and matches nothing (%#)', (text, reason) => {
    expect(parsePattern(text)).toEqual({ kind: 'malformed', reason });
    expect(matches(text, text)).toBe(false);
  });
});

describe('patterns made at random', () => {
  const name = fc
    .tuple(fc.constantFrom('a', 'ab', 'a-b', 'b'), fc.constantFrom('1', '1.2', '2', '2nb1', '2rc1', '10'))
    .map(([base, version]) => `${base}-${version}`);
  const plain = fc.oneof(
    fc
      .array(fc.constantFrom('a', 'b', '-', '1', '2', '.', '*', '?', '[0-9]', '[!a]', '<', '>', '=', 'nb'), {
        maxLength: 8,
      })
      .map((parts) => parts.join('')),
    fc
      .tuple(
        fc.constantFrom('a', 'ab', 'a-b'),
        fc.constantFrom('>=1', '>1.2', '<2', '>=1<2', '>1<=10', '<=2nb1'),
      )
      .map((parts) => parts.join('')),
    name,
  );
  const nested: fc.Arbitrary<string> = fc.letrec<{ text: string }>((tie) => ({
    text: fc.oneof(
      { maxDepth: 3 },
      plain,
      fc.array(tie('text'), { minLength: 1, maxLength: 3 }).map((options) => `{${options.join(',')}}`),
      fc.tuple(tie('text'), tie('text')).map((parts) => parts.join('')),
    ),
  })).text;

  it('match what the five rules, applied one by one, say', () => {
    fc.assert(
      fc.property(nested, name, (pattern, pkgname) => {
        expect(matches(pattern, pkgname)).toBe(matchByRules(pattern, pkgname));
      }),
      { numRuns: 2000 },
    );
  });
});

/** `pkg_match` as it is written down: slow, parsed anew for every name, no shared code but version comparison. */
function matchByRules(pattern: string, pkgname: string): boolean {
  for (const at of [0, 1]) {
    const char = pattern.charAt(at);
    if (!/[A-Za-z0-9-]/.test(char)) break;
    if (char !== pkgname.charAt(at)) return false;
  }
  if (pattern.includes('{')) {
    return expandFirstGroup(pattern).some((expanded) => matchByRules(expanded, pkgname));
  }
  const relation = /^([^<>]*)([<>]=?)(.*)$/.exec(pattern);
  if (relation !== null) {
    const [, base = '', op = '', rest = ''] = relation;
    const dash = pkgname.lastIndexOf('-');
    if (pkgname.slice(0, dash) !== base) return false;
    const version = pkgname.slice(dash + 1);
    const upper = op.startsWith('>') ? /^(.*?)(<=?)(.*)$/.exec(rest) : null;
    if (upper === null) return holds(version, op, rest);
    return holds(version, op, upper[1] ?? '') && holds(version, upper[2] ?? '', upper[3] ?? '');
  }
  if (/[*?[\]]/.test(pattern)) {
    const source = pattern
      .replace(/[.+^$()|{}\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')
      .replaceAll('[!', '[^');
    return new RegExp(`^${source}$`).test(pkgname);
  }
  return pattern === pkgname;
}

function holds(version: string, op: string, bound: string): boolean {
  const order = compareVersions(parseVersion(version), parseVersion(bound));
  if (order === 0) return op.endsWith('=');
  return op.startsWith('<') ? order < 0 : order > 0;
}

function expandFirstGroup(pattern: string): readonly string[] {
  const start = pattern.indexOf('{');
  const inner: string[] = [''];
  let depth = 1;
  let at = start + 1;
  for (; depth > 0; at += 1) {
    const char = pattern.charAt(at);
    if (char === '{') depth += 1;
    if (char === '}') depth -= 1;
    if (depth === 0) continue;
    if (char === ',' && depth === 1) inner.push('');
    else inner[inner.length - 1] += char;
  }
  return inner.map((option) => pattern.slice(0, start) + option + pattern.slice(at));
}

import { describe, expect, it } from 'vitest';
import { isAssignment, isPkgName, isPkgPath } from '../../src/pkgsrc/name.ts';

describe('names that become paths and arguments', () => {
  it.each([
    'perl-5.36.0nb1',
    'gtk+-1.2',
    'ruby34-webunit-20040429++nb3',
    'R-x-0.1_2',
    '9base-6',
    'l10n-ca@valencia-4.11',
  ])('takes the package name %s', (name) => expect(isPkgName(name)).toBe(true));

  it.each([
    '',
    'perl',
    '-K-1.0',
    '.hidden-1.0',
    'a/b-1.0',
    '../x-1.0',
    'a b-1.0',
    'a-1.0\n',
    '@a-1.0',
    `${'a'.repeat(300)}-1`,
  ])('refuses the package name %j', (name) => expect(isPkgName(name)).toBe(false));

  it.each([
    'devel/..',
    '../devel',
    '/devel/x',
    'devel',
    'a/b/c',
    'devel/.x',
    'devel/-x',
    'devel/a b',
    'devel/x\n',
  ])('refuses the package path %j', (path) => expect(isPkgPath(path)).toBe(false));

  it.each([
    ['PYTHON_VERSION_REQD=312', true],
    ['RUBY_RAILS_REQD=', true],
    ['-f', false],
    ['X!=reboot', false],
    ['X=$(shell)', false],
    ['X=`id`', false],
    ['X=1 Y=2', false],
  ])('takes %j as a plain assignment: %s', (word, expected) => {
    expect(isAssignment(word)).toBe(expected);
  });
});

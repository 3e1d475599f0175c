import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { missingPrograms, type ProgramEnd, skipNote, TreeRun } from './treeRun.ts';

interface Made {
  readonly depends?: string;
  readonly conflicts?: string;
  /** Defaults to one file with the name of the package. */
  readonly file?: string;
  readonly install?: string;
}

describe.skipIf(missingPrograms.length > 0)(`the kit's pkg_* tools${skipNote}`, () => {
  let run: TreeRun;

  beforeAll(() => {
    run = new TreeRun();
    makePackage('base-1.0');
    makePackage('base-2.0');
    makePackage('middle-1.0', { depends: 'base>=1.0' });
    makePackage('top-1.0', { depends: 'middle-[0-9]*' });
    makePackage('thief-1.0', { file: 'share/base' });
    makePackage('enemy-1.0', { conflicts: 'base-[0-9]*' });
    makePackage('orphan-1.0', { depends: 'nothing>=1' });
    makePackage('sick-1.0', { install: 'exit 1' });
  });
  afterAll(() => run.remove());
  beforeEach(() => run.reset());

  function makePackage(name: string, made: Made = {}): void {
    const stage = join(run.home, 'stage', name);
    const file = made.file ?? `share/${name.replace(/-[^-]*$/, '')}`;
    mkdirSync(join(stage, 'share'), { recursive: true });
    writeFileSync(join(stage, file), `${name}\n`);
    const plist = join(stage, 'plist');
    writeFileSync(plist, `${file}\n`);
    const script = join(stage, 'install');
    if (made.install !== undefined) writeFileSync(script, made.install);
    expectOk(
      run.tool(
        'pkg_create',
        ...['-c', `-The package ${name}`, '-d', '-Made by a test.', '-f', plist],
        ...['-I', run.prefix, '-p', stage, '-P', made.depends ?? '', '-C', made.conflicts ?? ''],
        ...(made.install === undefined ? [] : ['-i', script]),
        join(run.packages, 'All', `${name}.tgz`),
      ),
    );
  }
  const expectOk = (end: ProgramEnd): string => {
    expect(end.output === '' || end.code === 0, end.output).toBe(true);
    expect(end.code).toBe(0);
    return end.output;
  };
  const installed = (): readonly string[] => readdirSync(run.dbdir).sort();

  it('come in a kit of paths below the prefix alone, and are registered', () => {
    const list = execFileSync('tar', ['-tzf', run.kit], { encoding: 'utf8' }).trim().split('\n');
    const top = run.prefix.slice(1);
    expect(list.filter((name) => !name.startsWith(`${top}/`))).toEqual([]);
    expect(list).toContain(`${top}/sbin/pkg_add`);
    expect(list).toContain(`${top}/etc/mk.conf`);
    expect(installed()).toEqual(['pkg_install-1.0']);
    expectOk(run.tool('pkg_admin', 'check'));
  });

  it('add a package with all that it needs, best version first, and say who needs whom', () => {
    expectOk(run.tool('pkg_add', 'top-1.0'));
    expect(installed()).toEqual(['base-2.0', 'middle-1.0', 'pkg_install-1.0', 'top-1.0']);
    expect(readFileSync(join(run.prefix, 'share/base'), 'utf8')).toBe('base-2.0\n');
    expect(readFileSync(join(run.dbdir, 'base-2.0/+REQUIRED_BY'), 'utf8')).toBe('middle-1.0\n');
    expect(existsSync(join(run.dbdir, 'base-2.0/+INSTALLED_INFO'))).toBe(true);
    expect(existsSync(join(run.dbdir, 'top-1.0/+INSTALLED_INFO'))).toBe(false);
  });

  it('take a package that is there for granted, and refuse another version of it', () => {
    expectOk(run.tool('pkg_add', 'base-1.0'));
    expect(expectOk(run.tool('pkg_add', 'base-1.0'))).toContain('already recorded');
    const other = run.tool('pkg_add', 'base-2.0');
    expect(other).toMatchObject({ code: 1 });
    expect(other.output).toContain('A different version of base-2.0 is already installed: base-1.0');
  });

  it.each([
    ['thief-1.0', 'Conflicting file'],
    ['enemy-1.0', 'conflicts with'],
    ['orphan-1.0', "Can't install dependency nothing>=1"],
    ['sick-1.0', 'PRE-INSTALL script returned error status'],
    ['absent-1.0', 'no pkg found'],
  ])('refuse %s and leave no trace of it', (name, reason) => {
    expectOk(run.tool('pkg_add', 'base-1.0'));
    const end = run.tool('pkg_add', name);
    expect(end.code).toBe(1);
    expect(end.output).toContain(reason);
    expect(installed()).toEqual(['base-1.0', 'pkg_install-1.0']);
    expect(readFileSync(join(run.prefix, 'share/base'), 'utf8')).toBe('base-1.0\n');
  });

  it('refuse a file that is no package', () => {
    const file = join(run.home, 'junk.tgz');
    writeFileSync(file, 'not an archive');
    expect(run.tool('pkg_add', file).code).toBe(1);
    expect(installed()).toEqual(['pkg_install-1.0']);
  });

  it('go on with the other packages when one cannot be added, and fail at the end', () => {
    expect(run.tool('pkg_add', 'absent-1.0', 'base-1.0').code).toBe(1);
    expect(installed()).toEqual(['base-1.0', 'pkg_install-1.0']);
  });

  it('do not delete what others need, unless these go first', () => {
    expectOk(run.tool('pkg_add', 'top-1.0'));
    const refused = run.tool('pkg_delete', 'base-2.0');
    expect(refused.code).toBe(1);
    expect(refused.output).toContain('still required by other packages:\n\tmiddle-1.0');
    expectOk(run.tool('pkg_delete', '-r', 'base'));
    expect(installed()).toEqual(['pkg_install-1.0']);
  });

  it('leave the prefix as it was when a package goes', () => {
    const before = readdirSync(run.prefix, { recursive: true }).sort();
    expectOk(run.tool('pkg_add', 'middle-1.0'));
    expectOk(run.tool('pkg_delete', 'middle-1.0', 'base-2.0'));
    expect(readdirSync(run.prefix, { recursive: true }).sort()).toEqual(before);
    expect(run.tool('pkg_delete', 'middle-1.0').code).toBe(1);
  });

  it('tell of installed packages and of files: exists, summary, dependencies', () => {
    const file = join(run.packages, 'All/middle-1.0.tgz');
    expect(run.tool('pkg_info', '-qe', 'middle').code).toBe(1);
    expectOk(run.tool('pkg_add', file));
    expect(expectOk(run.tool('pkg_info', '-e', 'middle>=1'))).toBe('middle-1.0\n');
    expect(expectOk(run.tool('pkg_info', '-E', '{base,middle}-[0-9]*'))).toBe('base-2.0\n');
    expect(expectOk(run.tool('pkg_info', '-qR', 'base'))).toBe('middle-1.0\n');
    expect(expectOk(run.tool('pkg_info', '-qn', file))).toBe('base>=1.0\n');
    expect(expectOk(run.tool('pkg_info'))).toMatch(/^base-2\.0 +The package base-2\.0\nmiddle-1\.0 /);
    const summary = expectOk(run.tool('pkg_info', '-X', file, join(run.packages, 'All/base-1.0.tgz')));
    const [first, second] = summary.split('\n\n');
    expect(first).toMatch(/^PKGNAME=middle-1\.0\nDEPENDS=base>=1\.0\nCOMMENT=The package middle-1\.0\n/);
    expect(first).toMatch(/^FILE_NAME=middle-1\.0\.tgz$/m);
    expect(first).toMatch(/^FILE_SIZE=[1-9][0-9]*$/m);
    expect(first).toMatch(/^DESCRIPTION=Made by a test\.$/m);
    expect(second).toMatch(/^PKGNAME=base-1\.0\n/);
  });

  it('see a file that was changed after it was installed', () => {
    expectOk(run.tool('pkg_add', 'base-1.0'));
    writeFileSync(join(run.prefix, 'share/base'), 'changed\n');
    expect(run.tool('pkg_admin', 'check').output).toContain('base-1.0: files have changed');
  });

  it.each([
    ['foo>=1.0', 'foo-1.0nb1', true],
    ['foo>=1.0<2', 'foo-2.0', false],
    ['foo>1.0', 'foo-1.0', false],
    ['foo<1.0', 'foo-1.0rc1', true],
    ['foo>=1.0nb2', 'foo-1.0nb1', false],
    ['foo<=1.0', 'foo-1.0.0', true],
    ['foo>1.0.1', 'foo-1.0b', true],
    ['foo>=0.9beta1', 'foo-0.9rc2', true],
    ['foo>=0.9rc2', 'foo-0.9alpha3', false],
    ['foo>=1.10', 'foo-1.9', false],
    ['foo>=1', 'foo-bar-2', false],
    ['foo-[0-9]*', 'foo-bar-1', false],
    ['foo-[0-9]*', 'foo-1pl2', true],
    ['foo-1.?', 'foo-1x2', false],
    ['{foo,bar{,-lite}}>=2', 'bar-lite-2.1', true],
    ['{foo,bar}-[0-9]*', 'baz-1', false],
    ['foo-1.0', 'foo-1.0', true],
    ['foo-1.0', 'foo-1.00', false],
  ])('match %s with %s: %s', (pattern, name, matches) => {
    expect(run.tool('pkg_admin', 'pmatch', pattern, name).code).toBe(matches ? 0 : 1);
  });
});

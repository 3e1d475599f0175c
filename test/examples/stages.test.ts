import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fields, missingPrograms, type PackageEnd, readExpected, skipNote, TreeRun } from './treeRun.ts';

describe.skipIf(missingPrograms.length > 0)(
  `a package of the example tree, stage by stage${skipNote}`,
  () => {
    let run: TreeRun;

    beforeAll(() => {
      run = new TreeRun({ MAKE_JOBS: '2' });
      writeFileSync(join(run.home, 'passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
      writeFileSync(join(run.home, 'group'), 'root:x:0:\n');
    });
    afterAll(() => run.remove());

    /** Builds one variant (the default one unless named). */
    const build = (dir: string, depends: readonly string[] = [], name?: string): PackageEnd => {
      const record = run.index(dir).find((one) => name === undefined || one.get('PKGNAME') === name);
      if (record === undefined) throw new Error(`${dir} has no ${name}`);
      return run.build(dir, record, depends);
    };
    const mustBuild = (dir: string, depends: readonly string[] = [], name?: string): string => {
      const end = build(dir, depends, name);
      if (end.kind === 'failed') throw new Error(`${dir} failed in ${end.stage}:\n${end.output}`);
      return end.file;
    };
    const member = (file: string, name: string): string =>
      execFileSync('tar', ['-xzOf', file, name], { encoding: 'utf8' });

    it('builds the whole chain, each link with what the one before installed', { timeout: 300_000 }, () => {
      mustBuild('devel/libstr');
      mustBuild('devel/libvec', ['libstr-1.2']);
      mustBuild('devel/libmap', ['libvec-1.0nb2']);
      mustBuild('devel/libconf', ['libmap-1.4']);
      mustBuild('textproc/libtmpl', ['libconf-2.0', 'libstr-1.2']);
      const tmpl = mustBuild('textproc/tmpl', ['libtmpl-0.9rc2', 'libconf-2.0']);
      mustBuild('textproc/sitegen', ['tmpl-1.1']);
      const handbook = mustBuild('misc/handbook', ['sitegen-0.3']);

      expect(member(handbook, 'share/handbook/chain.html')).toContain('<h1>The chain</h1>');
      expect(member(handbook, '+CONTENTS')).toContain('@blddep sitegen-0.3\n');
      expect(member(handbook, '+CONTENTS')).not.toContain('@pkgdep');
      expect(member(tmpl, '+CONTENTS')).toContain('@blddep libconf-2.0\n@pkgdep libconf>=2.0\n');
      expect(Number(member(tmpl, '+SIZE_ALL'))).toBeGreaterThan(Number(member(tmpl, '+SIZE_PKG')));
      expect(member(tmpl, '+BUILD_VERSION')).toMatch(/^textproc\/tmpl\/Makefile: [0-9a-f]{64}$/m);
    });

    it('puts the + files first, owned by root', () => {
      const file = join(run.packages, 'All/libstr-1.2.tgz');
      const members = execFileSync('tar', ['-tvzf', file], { encoding: 'utf8' }).trim().split('\n');
      const names = members.map((line) => line.split(' ').at(-1) ?? '');
      expect(names.slice(0, 3)).toEqual(['+CONTENTS', '+COMMENT', '+DESC']);
      expect(names.findIndex((name) => !name.startsWith('+'))).toBe(names.length - 2);
      for (const line of members) expect(line).toContain(' root/root ');
    });

    it('fails in the stage it is made to fail in, and in no other', { timeout: 300_000 }, () => {
      mustBuild('textproc/upcase', ['libstr-1.2']);
      mustBuild('textproc/uniqlines', ['libstr-1.2']);
      mustBuild('textproc/uniqlines-posix', ['libstr-1.2']);
      const depends: Readonly<Record<string, readonly string[]>> = {
        'fail-depends': ['uniqlines-2.1', 'uniqlines-posix-1.0'],
        'fail-build': ['libstr-1.2'],
        'fail-testinstall': ['upcase-1.3'],
      };
      const expected = Object.entries(readExpected()).filter(([, end]) => end.outcome === 'failed');
      expect(expected).toHaveLength(9);
      for (const [pkgname, { stage }] of expected) {
        const name = pkgname.replace(/-[^-]*$/, '');
        const end = build(`broken/${name}`, depends[name]);
        expect(end, pkgname).toMatchObject({ kind: 'failed', stage });
      }
    });

    it('builds each version of a multi-version package with its own interpreter', { timeout: 60_000 }, () => {
      mustBuild('lang/tiny1', ['libstr-1.2']);
      mustBuild('lang/tiny2', ['libstr-1.2']);
      const one = mustBuild('lang/tiny-stdlib', ['tiny1-1.3'], 'tny1-stdlib-1.0');
      const two = mustBuild('lang/tiny-stdlib', ['tiny2-2.2'], 'tny2-stdlib-1.0');
      expect(member(one, '+CONTENTS')).toContain('share/tiny1/constants.tny');
      expect(member(two, '+CONTENTS')).toContain('share/tiny2/constants.tny');
    });

    it('gives a package one job where more are not safe', { timeout: 60_000 }, () => {
      expect(member(mustBuild('devel/oldmake'), 'share/oldmake/jobs')).toBe('1\n');
    });

    it('says which dependency is missing, and does not build it on the spot', () => {
      run.reset();
      const end = run.make('textproc/upcase', 'configure', 'BATCH=1', 'DEPENDS_TARGET=install');
      expect(end.code).not.toBe(0);
      expect(end.output).toContain('upcase-1.3 needs libstr>=1.0, which is not installed');
      expect(run.tool('pkg_info', '-e', 'libstr').code).toBe(1);
    });

    it('adds the account of a package before it is configured, once', () => {
      const record: Fields = run.index('net/usersrv')[0] ?? new Map();
      const without = run.build('net/usersrv', new Map([...record, ['USERGROUP_PHASE', '']]), []);
      expect(without).toMatchObject({ kind: 'failed', stage: 'configure' });
      mustBuild('net/usersrv');
      mustBuild('net/usersrv');
      const passwd = readFileSync(join(run.home, 'passwd'), 'utf8');
      expect(passwd.match(/^examplesrv:x:4711:4711:/gm)).toHaveLength(1);
    });

    it('installs a package without DESTDIR straight into the prefix, and packs it from there', () => {
      const file = mustBuild('misc/inplace');
      expect(member(file, 'share/inplace/prefix')).toBe(`${run.prefix}\n`);
      expect(run.index('misc/inplace')[0]?.get('USE_DESTDIR')).toBe('no');
    });

    it('fetches from the first mirror that has the file, once the mirror is not busy any more', () => {
      const fetch = () => run.make('net/almanac', 'fetch', 'EXAMPLE_FETCH_FAILS=2').code;
      expect([fetch(), fetch(), fetch()]).toEqual([1, 1, 0]);
      mustBuild('net/almanac');
    });

    it('goes through DISTDIR for a distfile, and sees when that was changed', () => {
      mustBuild('archivers/rle');
      writeFileSync(join(run.home, 'distfiles/rle-sample-1.0.txt'), 'something else\n');
      const end = run.make('archivers/rle', 'checksum');
      expect(end.code).not.toBe(0);
      expect(end.output).toContain('rle-sample-1.0.txt does not match distinfo');
    });
  },
);

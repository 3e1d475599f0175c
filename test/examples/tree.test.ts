import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPkgPath } from '../../src/pkgsrc/name.ts';
import type { PackageState } from '../../src/pkgsrc/package.ts';
import { parseRecords } from '../../src/pkgsrc/record.ts';
import { resolveRecords } from '../../src/pkgsrc/resolve.ts';
import {
  type Expected,
  type Fields,
  missingPrograms,
  readExpected,
  skipNote,
  splitWords,
  TreeRun,
} from './treeRun.ts';

const FIELDS = [
  'PKGNAME',
  'ALL_DEPENDS',
  'PKG_SKIP_REASON',
  'PKG_FAIL_REASON',
  'NO_BIN_ON_FTP',
  'RESTRICTED',
  'CATEGORIES',
  'MAINTAINER',
  'USE_DESTDIR',
  'BOOTSTRAP_PKG',
  'USERGROUP_PHASE',
  'SCAN_DEPENDS',
];

describe.skipIf(missingPrograms.length > 0)(`the example tree${skipNote}`, () => {
  let run: TreeRun;
  let records: readonly Fields[];

  beforeAll(() => {
    run = new TreeRun();
    records = scanTree(run);
  });
  afterAll(() => run.remove());

  it('has a well-formed scan record for every package, in the fixed order of fields', () => {
    for (const record of records) {
      const name = record.get('PKGNAME');
      expect([...record.keys()].slice(0, FIELDS.length), name).toEqual(FIELDS);
      expect(name).toMatch(/^[a-z][a-z0-9_-]*-[0-9][0-9a-z.]*$/);
      expect(record.get('USE_DESTDIR'), name).toMatch(/^(no|(user-)?destdir)$/);
      for (const word of splitWords(record.get('ALL_DEPENDS'))) {
        expect(word, name).toMatch(/^[^:]+:\.\.\/\.\.\/[a-z]+\/[a-z0-9-]+$/);
      }
    }
  });

  it('says in expected.json how each package ends, and of no other', () => {
    const names = records.map((record) => record.get('PKGNAME')).sort();
    expect(names).toEqual(Object.keys(readExpected()).sort());
  });

  it('resolves to what expected.json says', () => {
    const scanned = listDirs(run).flatMap((dir) => {
      const printed = Buffer.from(`${run.show(dir, 'pbulk-index')}\n`);
      const { records: read, malformed } = parseRecords(printed, {
        kind: 'path',
        pkgpath: checkPkgPath(dir),
      });
      expect(malformed).toEqual([]);
      return read;
    });
    const expected = readExpected();
    for (const { record, state } of resolveRecords(scanned).packages) {
      expect(withoutReason(state), record.pkgname).toEqual(stateBeforeBuild(expected[record.pkgname]));
    }
  });

  it('names a directory of the tree in every dependency', () => {
    const dirs = new Set(listDirs(run));
    for (const record of records) {
      for (const word of splitWords(record.get('ALL_DEPENDS'))) {
        expect(dirs).toContain(word.replace(/^.*:\.\.\/\.\.\//, ''));
      }
    }
  });

  it('prints the same record again, byte for byte', () => {
    for (const dir of ['misc/bookshelf', 'lang/tiny-stdlib', 'broken/masked-skip']) {
      expect(run.show(dir, 'pbulk-index')).toBe(run.show(dir, 'pbulk-index'));
    }
  });

  it('gives one record a version, the default first, and the words that choose each', () => {
    const versions = run.index('textproc/tiny-stats');
    expect(versions.map((record) => record.get('PKGNAME'))).toEqual(['tny2-stats-0.5', 'tny1-stats-0.5']);
    for (const record of versions) {
      const words = splitWords(record.get('MULTI_VERSION'));
      expect(run.show('textproc/tiny-stats', 'show-var', 'VARNAME=PKGNAME', ...words)).toBe(
        record.get('PKGNAME'),
      );
    }
    const other = run.show('textproc/tiny-stats', 'pbulk-index', 'TINY_VERSION_DEFAULT=1');
    expect(other).toMatch(/^PKGNAME=tny1-stats/);
    expect(run.show('textproc/tiny-stats', 'pbulk-index', 'NO_MULTI_PKG=yes')).not.toContain('MULTI_VERSION');
  });

  it('prints weight, job safety, account phase, restriction and reasons only where they are set', () => {
    const having = (field: string): readonly (string | undefined)[] =>
      records.filter((record) => (record.get(field) ?? '') !== '').map((record) => record.get('PKGNAME'));
    expect(having('PBULK_WEIGHT')).toEqual(['fractal-1.0']);
    expect(having('MAKE_JOBS_SAFE')).toEqual(['oldmake-4.2']);
    expect(having('USERGROUP_PHASE')).toEqual(['usersrv-1.0']);
    expect(having('NO_BIN_ON_FTP')).toEqual(['patentpack-3.1']);
    expect(having('BOOTSTRAP_PKG')).toEqual(['pkg_install-1.0']);
    expect(having('PKG_SKIP_REASON')).toEqual(['masked-skip-1.0']);
    expect(having('PKG_FAIL_REASON')).toEqual(['masked-fail-1.0']);
  });

  it('has a cycle only when the switch says so', () => {
    expect(run.index('misc/egg')[0]?.get('ALL_DEPENDS')).toBe('');
    expect(run.show('misc/egg', 'show-var', 'VARNAME=DEPENDS', 'EXAMPLE_CYCLE=yes')).toMatch(/^chicken/);
  });

  it('prints one line a variable, also for those that are empty', () => {
    const names = 'PREFIX NO_SUCH_VARIABLE PKG_DBDIR WRKDIR STAGE_PKGFILE _MAKE_JOBS_N';
    expect(run.show('devel/libstr', 'show-vars', `VARNAMES=${names}`, 'MAKE_JOBS=3').split('\n')).toEqual([
      run.prefix,
      '',
      run.dbdir,
      `${run.home}/work/devel/libstr/work`,
      `${run.home}/work/devel/libstr/work/.packages/libstr-1.2.tgz`,
      '3',
    ]);
    expect(run.show('devel/oldmake', 'show-var', 'VARNAME=_MAKE_JOBS_N', 'MAKE_JOBS=3')).toBe('1');
  });
});

function listDirs(run: TreeRun): readonly string[] {
  const subdirs = (dir: string): readonly string[] =>
    splitWords(run.show(dir, 'show-subdir-var', 'VARNAME=SUBDIR'));
  return subdirs('').flatMap((category) => subdirs(category).map((name) => `${category}/${name}`));
}

const scanTree = (run: TreeRun): readonly Fields[] => listDirs(run).flatMap((dir) => run.index(dir));

/** How a package that ends so stands before anything is built. */
function stateBeforeBuild(expected: Expected | undefined): unknown {
  const { outcome, by, of, culprits } = expected ?? { outcome: 'missing' };
  if (outcome === 'built' || outcome === 'failed' || of === 'failed') return { kind: 'buildable' };
  if (outcome === 'masked') return { kind: outcome, by };
  return outcome === 'indirect' ? { kind: outcome, of, culprits } : { kind: outcome };
}

function withoutReason(state: PackageState): unknown {
  if (!('reason' in state)) return state;
  const { reason, ...rest } = state;
  expect(reason).not.toBe('');
  return rest;
}

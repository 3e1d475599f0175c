import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRecords, RecordStream, recordBytes } from '../../src/pkgsrc/record.ts';
import { parseFile, parsePath, pkgPath, recordText } from './records.ts';

const PRINTED = `PKGNAME=py313-foo-1.2nb3
ALL_DEPENDS=  bar>=1:../../devel/bar   {baz,qux}-[0-9]*:../../x11/baz
PKG_SKIP_REASON=
PKG_FAIL_REASON="broken, since 2024" "really"
NO_BIN_ON_FTP=no redistribution
RESTRICTED=
CATEGORIES=devel python
MAINTAINER=pkgsrc-users@NetBSD.org
USE_DESTDIR=destdir
BOOTSTRAP_PKG=yes
USERGROUP_PHASE=pre-install
SCAN_DEPENDS=../../mk/bsd.pkg.mk Makefile
PBULK_WEIGHT=250
MAKE_JOBS_SAFE=no
SOME_KEY_OF_TOMORROW=x=y
MULTI_VERSION= PYTHON_VERSION_REQD=313 PHP_VERSION_REQD=84
`;

describe('a record that make printed', () => {
  it('is read in all its fields', () => {
    const { records, malformed } = parsePath(PRINTED, 'devel/py-foo');
    expect(malformed).toEqual([]);
    expect(records).toMatchObject([
      {
        pkgname: 'py313-foo-1.2nb3',
        pkgpath: 'devel/py-foo',
        allDepends: ['bar>=1:../../devel/bar', '{baz,qux}-[0-9]*:../../x11/baz'],
        skipReason: '',
        failReason: '"broken, since 2024" "really"',
        noBinOnFtp: 'no redistribution',
        categories: 'devel python',
        maintainer: 'pkgsrc-users@NetBSD.org',
        useDestdir: 'destdir',
        bootstrapPkg: true,
        usergroupPhase: 'pre-install',
        pbulkWeight: 250,
        makeJobsSafe: false,
        multiVersion: ['PYTHON_VERSION_REQD=313', 'PHP_VERSION_REQD=84'],
      },
    ]);
  });

  it('keeps its text, unknown keys too, with PKG_LOCATION as the second line', () => {
    const [record] = parsePath(PRINTED, 'devel/py-foo').records;
    const [first, ...rest] = PRINTED.split('\n');
    expect(record?.text).toBe([first, 'PKG_LOCATION=devel/py-foo', ...rest].join('\n'));
  });

  it('keeps its text when it is copied with a change', () => {
    const [record] = parsePath(PRINTED, 'devel/py-foo').records;
    if (record === undefined) throw new Error('no record');
    const copy = { ...record, failReason: '' };
    expect(recordBytes(copy).toString()).toBe(record.text);
  });

  it('needs only the keys that resolving needs', () => {
    const text = 'PKGNAME=a-1\nALL_DEPENDS=\nPKG_SKIP_REASON=\nPKG_FAIL_REASON=\n';
    expect(parsePath(text, 'cat/a').records).toMatchObject([
      { allDepends: [], useDestdir: 'user-destdir', multiVersion: [], pbulkWeight: 100, makeJobsSafe: true },
    ]);
  });

  it('is one of several when the path has variants', () => {
    const text = PRINTED + PRINTED.replace('py313-', 'py312-');
    expect(parsePath(text, 'devel/py-foo').records.map((record) => record.pkgname)).toEqual([
      'py313-foo-1.2nb3',
      'py312-foo-1.2nb3',
    ]);
  });

  it('loses a DEPENDS line that an earlier resolve added', () => {
    const text = recordText('a-1');
    const [record] = parseFile(`${text}DEPENDS=b-1 c-2\n`).records;
    expect(record?.text).toBe(text);
  });
});

describe('a malformed record', () => {
  const lines = (text: string): string => `${recordText('before-1')}${text}${recordText('after-1')}`;
  it.each([
    ['a line without a key', recordText('bad-1', { more: 'oops\n' }), 13, '"oops" is no KEY=value'],
    ['a key twice', recordText('bad-1', { more: 'ALL_DEPENDS=\n' }), 13, 'ALL_DEPENDS comes twice'],
    ['no ALL_DEPENDS', recordText('bad-1').replace(/ALL_DEP.*\n/, ''), 7, 'no ALL_DEPENDS'],
    ['no location', recordText('bad-1').replace(/PKG_LOC.*\n/, ''), 7, 'PKG_LOCATION "" is not a PKGPATH'],
    ['a NUL byte', recordText('bad-1', { more: 'A=\0\n' }), 7, 'a NUL byte'],
    ['a way out of the tree', recordText('bad-1', { location: '../etc' }), 7, /"..\/etc" is not a PKGPATH/],
    ['a slash in its name', recordText('a/../b-1', { location: 'cat/a' }), 7, /is not a package name/],
    ['a name like an option', recordText('-rf-1', { location: 'cat/a' }), 7, /is not a package name/],
    [
      'an option for make',
      recordText('bad-1', { more: 'MULTI_VERSION= -f/etc/passwd\n' }),
      7,
      /no plain assignment/,
    ],
  ])('with %s is reported with file and line, and the others are kept', (_, bad, line, reason) => {
    const { records, malformed } = parseFile(lines(bad));
    expect(records.map((record) => record.pkgname)).toEqual(['before-1', 'after-1']);
    expect(malformed).toHaveLength(1);
    expect(malformed[0]).toMatchObject({ where: 'meta/pscan', line });
    expect(malformed[0]?.reason).toMatch(reason);
  });

  it('after a bad line of its tail has the line of the file', () => {
    const text = `${recordText('before-1')}${recordText('bad-1', { more: 'A=1\nB=2\noops\n' })}`;
    expect(parseFile(text).malformed[0]).toMatchObject({ line: 15, pkgname: 'bad-1' });
  });

  it('is one that ends in the middle of a line', () => {
    const { records, malformed } = parseFile(`${recordText('a-1')}${recordText('b-1').slice(0, -5)}`);
    expect(records.map((record) => record.pkgname)).toEqual(['a-1']);
    expect(malformed).toMatchObject([{ pkgname: 'b-1', line: 12, reason: 'the last line is cut short' }]);
  });

  it('is what stands before the first PKGNAME, and the path is named', () => {
    const { records, malformed } = parsePath(`make: warning\n${recordText('a-1')}`, 'cat/a');
    expect(records).toHaveLength(1);
    expect(malformed).toMatchObject([{ where: 'cat/a', line: 1, pkgname: '' }]);
  });

  it('is one that claims another location than was scanned', () => {
    expect(parsePath(recordText('a-1'), 'cat/other').malformed).toMatchObject([
      { reason: 'PKG_LOCATION cat/a is not cat/other' },
    ]);
  });
});

describe('records that come in chunks', () => {
  it('are the same wherever the chunks are cut', () => {
    const text = ['a-1', 'b-2', 'ü-3', 'c-4'].map((name) => recordText(name, { skip: 'späßchen' })).join('');
    const bytes = Buffer.from(text);
    const whole = parseRecords(bytes, { kind: 'file', path: 'f' });
    expect(whole.records).toHaveLength(3);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
        const stream = new RecordStream({ kind: 'file', path: 'f' });
        let start = 0;
        for (const cut of cuts.sort((left, right) => left - right)) {
          stream.push(bytes.subarray(start, cut));
          start = cut;
        }
        stream.push(bytes.subarray(start));
        expect(stream.end()).toEqual(whole);
      }),
    );
  });

  it('may be longer than any chunk or slab', () => {
    const stream = new RecordStream({ kind: 'file', path: 'f' });
    const long = recordText('long-1', { more: `X=${'y'.repeat(9_000_000)}\n` });
    stream.push(Buffer.from(recordText('a-1') + long + recordText('b-1')));
    const { records } = stream.end();
    expect(records.map((record) => record.text)).toEqual([recordText('a-1'), long, recordText('b-1')]);
  });

  it('are not touched when a chunk is used again', () => {
    const stream = new RecordStream({ kind: 'path', pkgpath: pkgPath('cat/a') });
    const chunk = Buffer.from(recordText('a-1'));
    stream.push(chunk);
    chunk.fill(0);
    expect(stream.end().records[0]?.text).toBe(recordText('a-1'));
  });
});

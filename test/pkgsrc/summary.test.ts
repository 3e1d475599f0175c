import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkPkgName } from '../../src/pkgsrc/name.ts';
import { writeSummary } from '../../src/pkgsrc/summary.ts';
import { makePackage, makeTar } from './tarfile.ts';

let packagesDir: string;
let allDir: string;
beforeEach(async () => {
  packagesDir = await mkdtemp(join(tmpdir(), 'bulkmesh-summary-'));
  allDir = join(packagesDir, 'All');
  await mkdir(allDir);
});
afterEach(() => rm(packagesDir, { recursive: true, force: true }));

const put = (file: string, bytes: Buffer): Promise<void> => writeFile(join(allDir, file), bytes);
const readSummary = async (): Promise<string> =>
  gunzipSync(await readFile(join(allDir, 'pkg_summary.gz'))).toString();

const summarise = (
  restricted: readonly string[] = [],
  warnings: string[] = [],
  failed: readonly string[] = [],
) =>
  writeSummary({
    packagesDir,
    pkgSuffix: '.tgz',
    restricted: new Set(restricted.map(checkPkgName)),
    failed: new Set(failed.map(checkPkgName)),
    owner: 'host1',
    onWarning: (line) => warnings.push(line),
  });

const FULL = gzipSync(
  makeTar([
    [
      '+CONTENTS',
      '@comment x\n@name tool-1.0\n@pkgdep lib>=2<3\n@blddep lib-2.0\n@pkgcfl old-[0-9]*\nbin/tool\n',
    ],
    ['+COMMENT', 'A tool\n'],
    ['+DESC', 'First line.\n\nThird line.\n'],
    [
      '+BUILD_INFO',
      'OPSYS=Linux\nCFLAGS=-O2\nPKGPATH=devel/tool\nREQUIRES=/usr/lib/libz.so.1\nNO_BIN_ON_FTP=\n',
    ],
    ['+SIZE_PKG', '1234\n'],
  ]),
);

describe('pkg_summary', () => {
  it('has the fields of pkg_info -X in their order, and the file beside them', async () => {
    await put('tool-1.0.tgz', FULL);
    expect(await summarise()).toMatchObject({ packages: 1, restricted: 0, unreadable: 0 });
    expect(await readSummary()).toBe(
      [
        'PKGNAME=tool-1.0',
        'DEPENDS=lib>=2<3',
        'CONFLICTS=old-[0-9]*',
        'COMMENT=A tool',
        'SIZE_PKG=1234',
        'OPSYS=Linux',
        'PKGPATH=devel/tool',
        'REQUIRES=/usr/lib/libz.so.1',
        'FILE_NAME=tool-1.0.tgz',
        `FILE_SIZE=${FULL.length}`,
        'DESCRIPTION=First line.',
        'DESCRIPTION=',
        'DESCRIPTION=Third line.',
        '',
        '',
      ].join('\n'),
    );
  });

  it('lists every package of the repository, sorted, whatever build it comes from', async () => {
    for (const name of ['b-1.0', 'a-1.0', 'c-1.0']) await put(`${name}.tgz`, makePackage(name));
    await summarise();
    expect((await readSummary()).match(/^PKGNAME=.*/gm)).toEqual([
      'PKGNAME=a-1.0',
      'PKGNAME=b-1.0',
      'PKGNAME=c-1.0',
    ]);
  });

  it('leaves out what may not be offered, by the scan or by the package itself', async () => {
    await put('a-1.0.tgz', makePackage('a-1.0'));
    await put('b-1.0.tgz', makePackage('b-1.0', [['+BUILD_INFO', 'NO_BIN_ON_FTP=may not be sold\n']]));
    await put('c-1.0.tgz', makePackage('c-1.0'));
    expect(await summarise(['a-1.0'])).toMatchObject({ packages: 1, restricted: 2 });
    expect((await readSummary()).match(/^PKGNAME=.*/gm)).toEqual(['PKGNAME=c-1.0']);
  });

  it('offers no file that an earlier build left of a package that failed now', async () => {
    await put('a-1.0.tgz', makePackage('a-1.0'));
    await put('b-1.0.tgz', makePackage('b-1.0'));
    expect(await summarise([], [], ['a-1.0'])).toMatchObject({ packages: 1 });
    expect((await readSummary()).match(/^PKGNAME=.*/gm)).toEqual(['PKGNAME=b-1.0']);
  });

  it('names a file that cannot be read and goes on without it', async () => {
    await put('a-1.0.tgz', makePackage('a-1.0'));
    await put('b-1.0.tgz', Buffer.from('BZh91AY&SY'));
    const warnings: string[] = [];
    expect(await summarise([], warnings)).toMatchObject({ packages: 1, unreadable: 1 });
    expect(warnings).toEqual([
      'b-1.0.tgz is not in pkg_summary: it is in a form that cannot be read here: bzip2',
    ]);
  });

  it('replaces the old file as a whole and leaves no other', async () => {
    await put('pkg_summary.gz', Buffer.from('old'));
    await put('.bulkmesh-host1-x.tmp', Buffer.from('left'));
    await summarise();
    expect(await readSummary()).toBe('');
    expect((await readdir(allDir)).sort()).toEqual(['.bulkmesh-host1-x.tmp', 'pkg_summary.gz']);
  });
});

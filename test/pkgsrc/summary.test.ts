import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync, zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkPkgName } from '../../src/pkgsrc/name.ts';
import { type SummaryRequest, writeSummary } from '../../src/pkgsrc/summary.ts';
import { makeInput, type PackageSpec } from '../report/fixture.ts';
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
const putAll = async (...names: readonly string[]): Promise<void> => {
  for (const name of names) await put(`${name}.tgz`, makePackage(name));
};
const readSummary = async (): Promise<string> =>
  gunzipSync(await readFile(join(allDir, 'pkg_summary.gz'))).toString();
const readNames = async (): Promise<readonly string[]> =>
  [...(await readSummary()).matchAll(/^PKGNAME=(.*)$/gm)].map(([, name = '']) => name);

/** Stands for bzip2: what comes of it shows what went in. */
const packBzip2 = async (file: string): Promise<void> => {
  await writeFile(`${file}.bz2`, `packed\n${await readFile(file, 'utf8')}`);
  await rm(file);
};

const summarise = (changes: Partial<SummaryRequest> = {}) =>
  writeSummary({
    packagesDir,
    pkgSuffix: '.tgz',
    owner: 'host1',
    resolution: { packages: [] },
    withdrawn: new Set(),
    formats: ['gz'],
    checksums: false,
    includeRestricted: false,
    packBzip2,
    onWarning: (line) => expect.fail(line),
    ...changes,
  });

/** A graph in which the packages named in `restricted` have NO_BIN_ON_FTP. */
const graphOf = (
  specs: readonly PackageSpec[],
  restricted: readonly string[],
): SummaryRequest['resolution'] => ({
  packages: makeInput(specs).resolution.packages.map((pkg) => ({
    ...pkg,
    record: { ...pkg.record, noBinOnFtp: restricted.includes(pkg.record.pkgname) ? 'not to be sold' : '' },
  })),
});

const RESTRICTED: readonly [string, string] = ['+BUILD_INFO', 'NO_BIN_ON_FTP=may not be sold\n'];

const makeUser = (name: string, builtWith: string, comment = 'x'): Buffer =>
  gzipSync(
    makeTar([
      ['+CONTENTS', `@name ${name}\n@blddep ${builtWith}\nbin/x\n`],
      ['+COMMENT', `${comment}\n`],
    ]),
  );

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
    await putAll('b-1.0', 'a-1.0', 'c-1.0');
    await summarise();
    expect(await readNames()).toEqual(['a-1.0', 'b-1.0', 'c-1.0']);
  });

  it('opens a package once only, and again when its file is another one', async () => {
    await putAll('a-1.0');
    await summarise();
    const note = join(packagesDir, '.bulkmesh', 'a-1.0.json');
    await writeFile(note, (await readFile(note, 'utf8')).replace('PKGNAME=a-1.0', 'PKGNAME=noted-1.0'));
    await summarise();
    expect(await readNames()).toEqual(['noted-1.0']);
    await put('a-1.0.tgz', makeUser('a-1.0', 'b-1.0', 'another one'));
    await utimes(join(allDir, 'a-1.0.tgz'), 1, 1);
    await summarise();
    expect(await readSummary()).toContain('PKGNAME=a-1.0\nCOMMENT=another one\n');
  });

  it('offers no file that an earlier build left of a package that this one could not provide', async () => {
    await putAll('a-1.0', 'b-1.0');
    expect(await summarise({ withdrawn: new Set([checkPkgName('a-1.0')]) })).toMatchObject({ packages: 1 });
    expect(await readNames()).toEqual(['b-1.0']);
  });

  it('offers no version that this build has replaced, but those of what it has not come to yet', async () => {
    const ofPath = (name: string, path: string): Promise<void> => {
      const files: [string, string][] = [
        ['+CONTENTS', `@name ${name}\n`],
        ['+COMMENT', 'x\n'],
        ['+BUILD_INFO', `PKGPATH=${path}\n`],
      ];
      return put(`${name}.tgz`, gzipSync(makeTar(files)));
    };
    await ofPath('a-1.0', 'cat/a');
    await ofPath('a-2.0', 'cat/a');
    await ofPath('failed-1.0', 'cat/failed');
    await ofPath('open-1.0', 'cat/open');
    // The same name from another directory, another name from the same one: other packages.
    await ofPath('a-0.9', 'cat/a09');
    await ofPath('a-doc-1.0', 'cat/a');
    const names: readonly (readonly [string, string])[] = [
      ['a-2.0', 'cat/a'],
      ['failed-2.0', 'cat/failed'],
      ['open-2.0', 'cat/open'],
    ];
    const resolution = graphOf(
      names.map(([name, path]) => ({ name, path })),
      [],
    );
    await summarise({ resolution, withdrawn: new Set([checkPkgName('failed-2.0')]) });
    expect(await readNames()).toEqual(['a-0.9', 'a-2.0', 'a-doc-1.0', 'open-1.0']);
  });

  it('names a file that cannot be read and goes on without it', async () => {
    await putAll('a-1.0');
    await put('b-1.0.tgz', Buffer.from('BZh91AY&SY'));
    const warnings: string[] = [];
    const onWarning = (line: string): void => void warnings.push(line);
    expect(await summarise({ onWarning })).toMatchObject({ packages: 1, unreadable: 1 });
    expect(warnings).toEqual(['b-1.0.tgz is not in pkg_summary: it is in a form that cannot be read here']);
  });

  it('replaces the old file as a whole and leaves no other but those of other hosts', async () => {
    await put('pkg_summary.gz', Buffer.from('old'));
    await put('.bulkmesh-host2-x.tmp.bz2', Buffer.from('at work'));
    await put('.bulkmesh-host1-x.tmp.bz2', Buffer.from('left by a killed life'));
    await summarise();
    expect(await readSummary()).toBe('');
    expect((await readdir(allDir)).sort()).toEqual(['.bulkmesh-host2-x.tmp.bz2', 'pkg_summary.gz']);
  });

  it('says the same in every form that is wanted', async () => {
    await putAll('a-1.0', 'b-1.0');
    const { files } = await summarise({ formats: ['gz', 'bz2', 'zst'] });
    expect(files.map((file) => file.slice(allDir.length + 1))).toEqual([
      'pkg_summary.gz',
      'pkg_summary.bz2',
      'pkg_summary.zst',
    ]);
    const text = await readSummary();
    expect(await readFile(join(allDir, 'pkg_summary.bz2'), 'utf8')).toBe(`packed\n${text}`);
    expect(zstdDecompressSync(await readFile(join(allDir, 'pkg_summary.zst'))).toString()).toBe(text);
  });

  it('removes forms that are no longer wanted, which would describe an earlier repository', async () => {
    await summarise({ formats: ['gz', 'bz2', 'zst'], checksums: true });
    await summarise({ formats: ['gz'] });
    expect((await readdir(allDir)).sort()).toEqual(['pkg_summary.gz']);
    expect((await readdir(packagesDir)).sort()).toEqual(['All']);
  });

  it('does without bzip2 where the host has none, and says once what is missing', async () => {
    const warnings: string[] = [];
    const onWarning = (line: string): void => void warnings.push(line);
    await put('pkg_summary.bz2', Buffer.from('of an earlier build'));
    const request = { formats: ['gz', 'bz2'], checksums: true, packBzip2: undefined, onWarning } as const;
    expect((await summarise(request)).files).toEqual([join(allDir, 'pkg_summary.gz')]);
    expect(warnings).toEqual([
      expect.stringMatching(/^pkg_summary\.bz2 and SHA512\.bz2 are not written: this host/),
    ]);
    expect(await readdir(allDir)).toEqual(['pkg_summary.gz']);
  });

  it('writes the other forms when bzip2 fails, and says so', async () => {
    const warnings: string[] = [];
    await summarise({
      formats: ['gz', 'bz2'],
      packBzip2: async (file) => {
        await writeFile(`${file}.bz2`, 'half');
        throw new Error('no space');
      },
      onWarning: (line) => void warnings.push(line),
    });
    expect(await readdir(allDir)).toEqual(['pkg_summary.gz']);
    expect(warnings).toEqual([`${join(allDir, 'pkg_summary.bz2')} was not written: no space`]);
  });
});

describe('what may not be offered', () => {
  it('is what the package says itself or the scan says', async () => {
    await putAll('a-1.0', 'c-1.0');
    await put('b-1.0.tgz', makePackage('b-1.0', [RESTRICTED]));
    const resolution = graphOf([{ name: 'a-1.0' }], ['a-1.0']);
    expect(await summarise({ resolution })).toMatchObject({ packages: 1, restricted: 2 });
    expect(await readNames()).toEqual(['c-1.0']);
  });

  it('is whatever depends on it, directly or not, even if it is not in the repository itself', async () => {
    await putAll('user-1.0', 'deep-1.0', 'free-1.0');
    const resolution = graphOf(
      [
        { name: 'secret-1.0' },
        { name: 'user-1.0', needs: ['secret-1.0'] },
        { name: 'between-1.0', needs: ['user-1.0'] },
        { name: 'deep-1.0', needs: ['between-1.0', 'free-1.0'] },
        { name: 'free-1.0' },
      ],
      ['secret-1.0'],
    );
    await summarise({ resolution });
    expect(await readNames()).toEqual(['free-1.0']);
  });

  it('is known for packages that this build knows nothing of by what they were built with', async () => {
    await put('secret-2.0.tgz', makePackage('secret-2.0', [RESTRICTED]));
    await put('old-1.0.tgz', makeUser('old-1.0', 'secret-1.9'));
    await put('older-1.0.tgz', makeUser('older-1.0', 'old-0.5'));
    await putAll('free-1.0');
    await summarise();
    expect(await readNames()).toEqual(['free-1.0']);
  });

  it('is listed all the same where the configuration wants it', async () => {
    await put('b-1.0.tgz', makePackage('b-1.0', [RESTRICTED]));
    expect(await summarise({ includeRestricted: true })).toMatchObject({ packages: 1, restricted: 0 });
  });
});

describe('SHA512.bz2', () => {
  it('has a line of digest(1) for each package that is offered and each summary, sorted', async () => {
    await putAll('b-1.0', 'a-1.0', 'Z-1.0');
    await put('c-1.0.tgz', makePackage('c-1.0', [RESTRICTED]));
    await summarise({ formats: ['gz', 'bz2'], checksums: true });
    const [head, ...lines] = (await readFile(join(packagesDir, 'SHA512.bz2'), 'utf8')).trimEnd().split('\n');
    expect(head).toBe('packed');
    expect(lines.map((line) => /^SHA512 \((.*)\) = [0-9a-f]{128}$/.exec(line)?.[1])).toEqual([
      'All/Z-1.0.tgz',
      'All/a-1.0.tgz',
      'All/b-1.0.tgz',
      'All/pkg_summary.bz2',
      'All/pkg_summary.gz',
    ]);
    const bytes = await readFile(join(allDir, 'pkg_summary.gz'));
    expect(lines[4]).toContain(createHash('sha512').update(bytes).digest('hex'));
  });
});

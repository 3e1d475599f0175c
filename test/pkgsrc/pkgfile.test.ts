import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPackageMetadata, readPackageName } from '../../src/pkgsrc/pkgfile.ts';
import { makePackage, makeTar } from './tarfile.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bulkmesh-pkgfile-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const write = async (bytes: Buffer): Promise<string> => {
  const file = join(dir, 'package');
  await writeFile(file, bytes);
  return file;
};

const tar = makeTar([
  ['+CONTENTS', '@name tool-1.0\n'],
  ['+DESC', 'long\n'.repeat(1000)],
  ['bin/tool', 'x'],
  ['+LATE', 'not metadata'],
]);

const many = (count: number, text: string): readonly (readonly [string, string])[] =>
  Array.from({ length: count }, (_, at) => [`+OTHER${at}`, text]);

describe('reading a binary package', () => {
  it.each([
    ['gzip', gzipSync(tar)],
    ['zstd', zstdCompressSync(tar)],
    ['no compression', tar],
  ])('finds the metadata at its head, with %s', async (_, bytes) => {
    const result = await readPackageMetadata(await write(bytes));
    if (result.kind !== 'read') throw new Error(result.kind);
    expect([...result.files.keys()]).toEqual(['+CONTENTS', '+DESC']);
    expect(result.files.get('+DESC')).toBe('long\n'.repeat(1000));
  });

  it('reads no further than the metadata: what follows may be anything', async () => {
    const head = makeTar([
      ['+CONTENTS', '@name tool-1.0\n'],
      ['bin/tool', ''],
    ]).subarray(0, 1536);
    const file = await write(Buffer.concat([head, Buffer.from('no tar at all')]));
    expect(await readPackageName(file)).toEqual({ kind: 'named', pkgname: 'tool-1.0' });
  });

  it.each([
    ['bzip2', Buffer.from('BZh91AY&SY')],
    ['xz', Buffer.from('fd377a585a000004', 'hex')],
    ['a signed package', Buffer.from('!<arch>\n+PKG_HASH')],
  ])('says that %s is a form it does not open', async (format, bytes) => {
    expect(await readPackageMetadata(await write(bytes))).toEqual({ kind: 'opaque', format });
  });

  it.each([
    ['more members than any package has', many(65, '')],
    ['more bytes than any package has, no member of them too large by itself', many(5, 'x'.repeat(16 << 20))],
  ])('refuses %s', async (_, members) => {
    const bytes = gzipSync(makeTar([['+CONTENTS', '@name tool-1.0\n'], ...members]), { level: 1 });
    expect(await readPackageName(await write(bytes))).toMatchObject({
      kind: 'damaged',
      reason: expect.stringContaining('more metadata than any package'),
    });
  });

  it('takes what a package may well have, and keeps of it what is asked for', async () => {
    const bytes = makeTar([['+CONTENTS', '@name tool-1.0\n'], ...many(60, 'x'.repeat(5000))]);
    const result = await readPackageMetadata(await write(bytes));
    expect(result.kind === 'read' && [...result.files.keys()]).toEqual(['+CONTENTS']);
  });

  it('takes no name that is too long to be one', async () => {
    const bytes = makeTar([['+CONTENTS', `@name ${'x'.repeat(5000)}\n`]]);
    expect(await readPackageName(await write(bytes))).toEqual({
      kind: 'damaged',
      reason: '+CONTENTS names no package',
    });
  });

  it('says so when the file is cut short, is no tar, or has no +CONTENTS', async () => {
    const cut = makePackage('tool-1.0').subarray(0, 60);
    expect(await readPackageMetadata(await write(cut))).toMatchObject({ kind: 'damaged' });
    expect(await readPackageMetadata(await write(tar.subarray(0, 1200)))).toEqual({
      kind: 'damaged',
      reason: 'it is cut short',
    });
    expect(await readPackageMetadata(await write(Buffer.alloc(2000, 'x')))).toEqual({
      kind: 'damaged',
      reason: 'it is not a tar file',
    });
    expect(await readPackageMetadata(await write(makeTar([['bin/tool', 'x']])))).toEqual({
      kind: 'damaged',
      reason: 'it has no +CONTENTS',
    });
  });
});

import { mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BulkmeshError } from '../../src/errors.ts';
import { presolvePieces, writePresolve } from '../../src/pkgsrc/presolve.ts';
import { readPscan, writePscan } from '../../src/pkgsrc/pscan.ts';
import { resolveRecords } from '../../src/pkgsrc/resolve.ts';
import { parseFile, recordText } from './records.ts';

const TEXT = [
  recordText('a-1', { depends: ' b>=1:../../cat/b  c-[0-9]*:../../cat/c' }),
  recordText('b-1', { depends: 'gone>=1:../../cat/gone', more: 'MULTI_VERSION= X=1\n' }),
  recordText('c-1', { fail: '"broken"', depends: 'd>=1:../../cat/d' }),
  recordText('d-1'),
].join('');

describe('presolve', () => {
  it('is each record as printed with its DEPENDS, and the reason in place of what cannot be resolved', () => {
    const text = [...presolvePieces(resolveRecords(parseFile(TEXT).records))].join('');
    const expected = [
      `${recordText('a-1', { depends: ' b>=1:../../cat/b  c-[0-9]*:../../cat/c' })}DEPENDS=b-1 c-1\n`,
      recordText('b-1', {
        depends: 'gone>=1:../../cat/gone',
        fail: '"could not resolve dependency "gone>=1""',
        more: 'MULTI_VERSION= X=1\n',
      }),
      `${recordText('c-1', { fail: '"broken"', depends: 'd>=1:../../cat/d' })}DEPENDS=d-1\n`,
      recordText('d-1'),
    ].join('');
    expect(text).toBe(expected);
  });
});

describe('files of records', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bulkmesh-pscan-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it.each(['pscan', 'pscan.zst', 'pscan.gz'])('come back from %s byte for byte', async (name) => {
    const path = join(dir, name);
    await writePscan(path, parseFile(TEXT).records);
    const bytes = await readFile(path);
    expect(unpack(name, bytes).toString()).toBe(TEXT);
    const { records, malformed } = await readPscan(path);
    expect(malformed).toEqual([]);
    expect(records.map((record) => record.text).join('')).toBe(TEXT);
    expect(await readdir(dir)).toEqual([name]);
  });

  it('are replaced whole or not at all', async () => {
    const path = join(dir, 'presolve');
    await writeFile(path, 'old');
    await expect(writePresolve(join(dir, 'no', 'presolve'), { packages: [] })).rejects.toThrow(BulkmeshError);
    await expect(writePresolve(dir, { packages: [] })).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
    expect(await readdir(dir)).toEqual(['presolve']);
    await writePresolve(path, { packages: [] });
    expect(await readFile(path, 'utf8')).toBe('');
  });

  it('are read by what is in them, not by their names, in one frame or several', async () => {
    const half = Math.floor(TEXT.length / 2);
    const forms = [
      Buffer.from(TEXT),
      gzipSync(TEXT),
      Buffer.concat([gzipSync(TEXT.slice(0, half)), gzipSync(TEXT.slice(half))]),
      zstdCompressSync(TEXT),
      Buffer.concat([zstdCompressSync(TEXT.slice(0, half)), zstdCompressSync(TEXT.slice(half))]),
    ];
    const path = join(dir, 'plain.zst');
    for (const bytes of forms) {
      await writeFile(path, bytes);
      expect((await readPscan(path)).records.map((record) => record.text).join('')).toBe(TEXT);
    }
  });

  it('that are absent, damaged or of a form that is not known here end in one clear error', async () => {
    await expect(readPscan(join(dir, 'none'))).rejects.toMatchObject({ code: 'PSCAN_UNREADABLE' });
    await expect(readPscan(dir)).rejects.toMatchObject({ code: 'PSCAN_UNREADABLE' });
    const path = join(dir, 'damaged');
    for (const bytes of [zstdCompressSync(TEXT).subarray(0, -9), gzipSync(TEXT).subarray(0, -9)]) {
      await writeFile(path, bytes);
      await expect(readPscan(path)).rejects.toMatchObject({ code: 'PSCAN_UNREADABLE' });
    }
    await writeFile(path, 'BZh91AY&SY');
    await expect(readPscan(path)).rejects.toMatchObject({ message: expect.stringContaining('bzip2') });
  });

  it('are written through a link, and into what is no regular file, without replacing either', async () => {
    const path = join(dir, 'presolve');
    await writeFile(path, 'old');
    await symlink('presolve', join(dir, 'link'));
    await symlink('/dev/null', join(dir, 'nowhere'));
    for (const name of ['link', 'nowhere']) await writePscan(join(dir, name), parseFile(TEXT).records);
    expect(await readFile(path, 'utf8')).toBe(TEXT);
    expect(await readlink(join(dir, 'link'))).toBe('presolve');
    expect(await readlink(join(dir, 'nowhere'))).toBe('/dev/null');
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
    expect((await readdir(dir)).sort()).toEqual(['link', 'nowhere', 'presolve']);
  });
});

function unpack(name: string, bytes: Buffer): Buffer {
  if (name.endsWith('.zst')) return zstdDecompressSync(bytes);
  return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

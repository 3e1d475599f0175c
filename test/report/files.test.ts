import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Piece, publishFile, stageFile } from '../../src/report/files.ts';

describe('a file in pieces', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bulkmesh-files-'));
  });
  afterEach(async () => {
    await rm(dir, { recursive: true, force: true });
  });

  it('is what its pieces were when they came, though their memory is used again', async () => {
    const shared = Buffer.alloc(100_000);
    function* pieces(): Generator<Piece> {
      yield 'é';
      for (let i = 0; i < 12; i++) yield shared.fill(i);
      yield Buffer.alloc(700_000, 99);
    }
    const expected = Buffer.concat([
      Buffer.from('é'),
      ...Array.from({ length: 12 }, (_, i) => Buffer.alloc(100_000, i)),
      Buffer.alloc(700_000, 99),
    ]);
    const plain = await stageFile(dir, { name: 'plain', content: pieces() });
    const packed = await stageFile(dir, { name: 'packed', content: pieces(), encoding: 'zstd' });
    expect((await readFile(plain)).equals(expected)).toBe(true);
    expect(zstdDecompressSync(await readFile(packed)).equals(expected)).toBe(true);
  });

  it('has its own name only when it is published, and may be empty', async () => {
    const temporary = await stageFile(dir, { name: 'error', content: [] });
    expect(await readdir(dir)).toEqual(['.error.part']);
    await publishFile(temporary, join(dir, 'error'));
    expect(await readdir(dir)).toEqual(['error']);
    expect(await readFile(join(dir, 'error'), 'utf8')).toBe('');
  });

  it('is gone when its content fails halfway, and the one before is untouched', async () => {
    await publishFile(await stageFile(dir, { name: 'report', content: ['old'] }), join(dir, 'report'));
    function* failing(): Generator<Piece> {
      yield 'x'.repeat(1_000_000);
      throw new Error('halfway');
    }
    await expect(stageFile(dir, { name: 'report', content: failing() })).rejects.toMatchObject({
      code: 'REPORT_NOT_WRITTEN',
    });
    expect(await readdir(dir)).toEqual(['report']);
    expect(await readFile(join(dir, 'report'), 'utf8')).toBe('old');
  });
});

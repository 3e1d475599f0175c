import { execFile } from 'node:child_process';
import { link, mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { READER_ENV, readEndArgv, readFileArgv } from '../../../src/pkgsrc/build/reader.ts';
import { makePlace, type Place } from './fixture.ts';

let place: Place;
let path: string;
beforeEach(async () => {
  place = await makePlace();
  path = join(place.dir, 'a $(file)');
});
afterEach(() => place.remove());

/** What the command prints, or the code that it exits with. */
async function run(argv: readonly string[]): Promise<string | number> {
  const [program = '', ...args] = argv;
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { env: READER_ENV });
    expect(stderr).toBe('');
    return stdout;
  } catch (error) {
    return error instanceof Error && 'code' in error ? Number(error.code) : -1;
  }
}

describe('reading a file that a package left', () => {
  it('prints all of it, or only its end', async () => {
    await writeFile(path, 'first and last');
    expect(await run(readFileArgv(path, 14, 14))).toBe('first and last');
    expect(await run(readEndArgv(path, 4))).toBe('last');
    expect(await run(readEndArgv(path, 1 << 20))).toBe('first and last');
  });

  it('prints nothing of a file larger than a package may be, or than the room for it', async () => {
    await writeFile(path, 'first and last');
    expect(await run(readFileArgv(path, 13, 100))).toBe(67);
    expect(await run(readFileArgv(path, 100, 13))).toBe(68);
    await truncate(path, 5e12);
    expect(await run(readFileArgv(path, 16 * 2 ** 30, 2 ** 40))).toBe(67);
  });

  it('prints nothing of a package that has another name as well, through which it could still be changed', async () => {
    await writeFile(path, 'text');
    expect(await run(readFileArgv(path, 100, 100, 'one'))).toBe('text');
    await link(path, join(place.dir, 'other'));
    expect(await run(readFileArgv(path, 100, 100, 'one'))).toBe(69);
    expect(await run(readFileArgv(path, 100, 100))).toBe('text');
  });

  it('prints the end of a sparse file of terabytes at once', async () => {
    await writeFile(path, '');
    await truncate(path, 5e12);
    expect(await run(readEndArgv(path, 3))).toBe('\0\0\0');
  });

  it.each(['link', 'directory', 'device', 'nothing'])(
    'prints nothing when a %s is in its place',
    async (what) => {
      const target = join(place.dir, 'target');
      await writeFile(target, 'secret');
      if (what === 'link') await symlink(target, path);
      if (what === 'directory') await mkdir(path);
      const there = what === 'device' ? '/dev/zero' : path;
      expect(await run(readFileArgv(there, 100, 100))).toBe(66);
      expect(await run(readEndArgv(there, 100))).toBe(66);
    },
  );
});

import { execFile } from 'node:child_process';
import { appendFile, mkdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cutLog, splitLogRoom } from '../../../src/pkgsrc/build/logcut.ts';
import { makePlace, type Place } from './fixture.ts';

const MIB = 1 << 20;

let place: Place;
let path: string;
beforeEach(async () => {
  place = await makePlace();
  path = join(place.dir, 'build.log');
});
afterEach(() => place.remove());

const takenBytes = async (): Promise<number> => (await stat(path)).blocks * 512;

describe('cutting a log', () => {
  it('keeps the first quarter and the end and says between them what is gone', async () => {
    const { headBytes, tailBytes } = splitLogRoom(MIB);
    const [head, tail] = ['h'.repeat(headBytes), 't'.repeat(tailBytes)];
    await writeFile(path, `${head}${'-'.repeat(1234)}${tail}`);
    expect(await cutLog(path, MIB)).toBe(true);
    const text = await readFile(path, 'utf8');
    expect(text.startsWith(head) && text.endsWith(tail)).toBe(true);
    expect(text.slice(head.length, -tail.length).trim()).toBe(
      '===> bulkmesh cut 1234 bytes out of this log here <===',
    );
    expect(text.length).toBeLessThanOrEqual(MIB);
  });

  it('tells of all that is gone when a log grew again after it had been cut', async () => {
    const body = (letter: string) => letter.repeat(2 * MIB);
    await writeFile(path, body('a'));
    await cutLog(path, MIB);
    await appendFile(path, body('b'));
    await cutLog(path, MIB);
    const text = await readFile(path, 'utf8');
    const { headBytes, tailBytes } = splitLogRoom(MIB);
    expect(text).toMatch(new RegExp(`cut ${4 * MIB - headBytes - tailBytes} bytes`));
    expect(text.match(/===> bulkmesh cut/g)).toHaveLength(1);
  });

  it('leaves alone a log that is short enough', async () => {
    await writeFile(path, 'x'.repeat(2 * MIB));
    expect(await cutLog(path, 2 * MIB)).toBe(false);
    expect((await stat(path)).size).toBe(2 * MIB);
  });

  it('cuts a sparse log of terabytes without reading it', async () => {
    await writeFile(path, 'first\n');
    await truncate(path, 5e12);
    expect(await cutLog(path, 4 * MIB)).toBe(true);
    expect((await stat(path)).size).toBeLessThanOrEqual(4 * MIB);
    expect(await takenBytes()).toBeLessThanOrEqual(4 * MIB);
    expect((await readFile(path, 'utf8')).startsWith('first\n')).toBe(true);
  });

  it('gives back the room that was taken beyond the end of a short log', async ({ skip }) => {
    await writeFile(path, 'all of it\n');
    const args = ['--keep-size', '--length', String(4 * MIB), path];
    await promisify(execFile)('fallocate', args).catch(() => skip('this file system reserves no room'));
    expect(await cutLog(path, MIB)).toBe(true);
    expect(await takenBytes()).toBeLessThan(MIB);
    expect(await readFile(path, 'utf8')).toBe('all of it\n');
  });

  it('follows no link and touches nothing but regular files', async () => {
    await writeFile(path, 'x'.repeat(2 * MIB));
    const link = join(place.dir, 'link.log');
    await symlink(path, link);
    await expect(cutLog(link, MIB)).rejects.toMatchObject({ code: 'ELOOP' });
    expect((await stat(path)).size).toBe(2 * MIB);
    const dir = join(place.dir, 'dir.log');
    await mkdir(dir);
    await expect(cutLog(dir, 0)).rejects.toMatchObject({ code: 'EISDIR' });
  });
});

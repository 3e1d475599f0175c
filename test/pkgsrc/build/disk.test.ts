import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { findFullDisk, findRoom, saysDiskFull } from '../../../src/pkgsrc/build/disk.ts';

describe('a full disk', () => {
  it('is not found where there is room, nor where there is nothing to ask', async () => {
    expect(await findFullDisk(['/proc', '/nonexistent/directory', '/dev'])).toBeUndefined();
  });

  it('is told from the room of its file system, which not every directory can tell', async () => {
    const stats = await statfs(tmpdir());
    const room = await findRoom(tmpdir());
    expect(room).toBeLessThan(stats.blocks * stats.bsize);
    expect(await findRoom('/nonexistent/directory')).toBeUndefined();
  });

  it.each([
    'cp: error writing: No space left on device',
    '/usr/bin/tar: /tmp/pkg_create.83/tar: Wrote only 2048 of 10240 bytes',
    'sh: 12: printf: I/O error',
    'ld: final link failed: Disk quota exceeded',
  ])('is told from the words of whoever met it: %s', (line) => {
    expect(saysDiskFull(`===> Creating\n${line}\nStop.\n`)).toBe(true);
  });

  it('is not told from other words', () => {
    expect(saysDiskFull('Wrote only what is needed\nreading: I/O error\n')).toBe(false);
    expect(saysDiskFull('there is no space in this name\n')).toBe(false);
  });
});

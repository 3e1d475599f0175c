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

  it('is told from the words of the C library, and from no others', () => {
    expect(saysDiskFull('cp: error writing: No space left on device\n')).toBe(true);
    expect(saysDiskFull('there is no space in this name\n')).toBe(false);
  });
});

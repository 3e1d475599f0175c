import { describe, expect, it } from 'vitest';
import { findFullDisk, saysDiskFull } from '../../../src/pkgsrc/build/disk.ts';

describe('a full disk', () => {
  it('is not found where there is room, nor where there is nothing to ask', async () => {
    expect(await findFullDisk(['/proc', '/nonexistent/directory', '/dev'])).toBeUndefined();
  });

  it('is told from the words of the C library, and from no others', () => {
    expect(saysDiskFull('cp: error writing: No space left on device\n')).toBe(true);
    expect(saysDiskFull('there is no space in this name\n')).toBe(false);
  });
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPlainFile } from '../src/files.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bulkmesh-files-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('a file that a stranger named', () => {
  it('is read whole, through a link as well', () => {
    writeFileSync(join(dir, 'file'), 'some text\n');
    symlinkSync('file', join(dir, 'link'));
    expect(readPlainFile(join(dir, 'file'), 100)?.toString()).toBe('some text\n');
    expect(readPlainFile(join(dir, 'link'), 100)?.toString()).toBe('some text\n');
  });

  it('is nothing when it is a pipe, a device, a directory, or not there; and no pipe is waited for', () => {
    execFileSync('mkfifo', [join(dir, 'pipe')]);
    for (const path of [join(dir, 'pipe'), '/dev/zero', dir, join(dir, 'absent')]) {
      expect(readPlainFile(path, 100)).toBeUndefined();
    }
  });

  it('is nothing when it is larger than it may be, and empty when it tells no length', () => {
    writeFileSync(join(dir, 'sparse'), '');
    truncateSync(join(dir, 'sparse'), 2 ** 40);
    expect(readPlainFile(join(dir, 'sparse'), 2 ** 20)).toBeUndefined();
    if (process.platform === 'linux') expect(readPlainFile('/proc/self/status', 100)).toHaveLength(0);
  });
});

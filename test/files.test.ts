import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findForeignStep, readPlainFile } from '../src/files.ts';

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

/** An account that no host has. */
const STRANGER = 54_321;
const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot)(
  `a directory where root is to write${isRoot ? '' : ' (skipped: not run by root)'}`,
  () => {
    const lay = (): string => {
      const path = join(dir, 'a/b');
      mkdirSync(path, { recursive: true });
      return path;
    };
    const find = (path: string): string | undefined => findForeignStep(path, [0]);

    it('may belong to anybody, and lie behind links of root', () => {
      const path = lay();
      chownSync(path, STRANGER, STRANGER);
      symlinkSync('./a/../a', join(dir, 'link'));
      symlinkSync(join(dir, 'link/b'), join(dir, 'last'));
      expect([path, join(dir, 'link/b'), join(dir, 'last'), join(dir, 'none/yet')].map(find)).toEqual(
        Array(4).fill(undefined),
      );
    });

    it('must not lie below a directory of somebody else, unless that one is trusted', () => {
      const path = lay();
      chownSync(join(dir, 'a'), STRANGER, STRANGER);
      symlinkSync('a', join(dir, 'link'));
      expect([find(path), find(join(dir, 'link/b'))]).toEqual([join(dir, 'a'), join(dir, 'a')]);
      expect(findForeignStep(path, [0, STRANGER])).toBeUndefined();
    });

    it('must not lie where others may write, but for the likes of /tmp', () => {
      const path = lay();
      const found = [0o777, 0o1777, 0o775].map((mode) => {
        chmodSync(join(dir, 'a'), mode);
        return find(path);
      });
      expect(found).toEqual([join(dir, 'a'), undefined, undefined]);
      chownSync(join(dir, 'a'), 0, STRANGER);
      expect(find(path)).toBe(join(dir, 'a'));
    });

    it('must not be a link of somebody else, wherever that leads, nor links in a circle', () => {
      lay();
      for (const [name, target] of [
        ['theirs', 'a'],
        ['toTheirs', 'theirs'],
        ['round', 'round'],
      ] as const) {
        symlinkSync(target, join(dir, name));
      }
      lchownSync(join(dir, 'theirs'), STRANGER, STRANGER);
      const theirs = join(dir, 'theirs');
      expect([theirs, join(dir, 'toTheirs'), join(dir, 'theirs/b')].map(find)).toEqual(Array(3).fill(theirs));
      expect(find(join(dir, 'round'))).toBe(join(dir, 'round'));
    });
  },
);

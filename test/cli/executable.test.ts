import { chmodSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleExecutable } from '../../cli/executable.ts';

describe('the program in one file for Linux', () => {
  const dir = mkdtempSync(join(tmpdir(), 'bulkmesh-executable-test-'));
  const file = join(dir, 'bulkmesh');
  const unpacked = join(dir, 'unpacked');
  const run = (words: readonly string[], place = unpacked) =>
    execa(file, words, {
      env: { PATH: '/usr/bin:/bin', BULKMESH_UNPACK_DIR: place },
      extendEnv: false,
      reject: false,
    });

  beforeAll(async () => {
    const node = join(dir, 'node');
    writeFileSync(node, '#!/bin/sh\nshift\necho "$@"\nexit 7\n');
    chmodSync(node, 0o755);
    await bundleExecutable(file, { node, level: 1 });
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('unpacks itself once, hands over its arguments as they are, and ends as the program does', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => run(['build', 'a  b', '$HOME'])));
    for (const { stdout, exitCode } of answers) {
      expect(stdout).toBe('build a  b $HOME');
      expect(exitCode).toBe(7);
    }
    expect(readdirSync(unpacked)).toHaveLength(1);
    expect(
      readdirSync(unpacked)
        .flatMap((id) => readdirSync(join(unpacked, id)))
        .sort(),
    ).toEqual(['bulkmesh.mjs', 'node']);
  });

  it('says what to do where it cannot unpack itself, and leaves nothing there', async () => {
    const { stderr, exitCode } = await run([], '/proc/nowhere');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('BULKMESH_UNPACK_DIR');
    truncateSync(file, 100_000);
    const place = join(dir, 'elsewhere');
    expect((await run([], place)).exitCode).toBe(2);
    expect(readdirSync(place)).toEqual([]);
  });
});

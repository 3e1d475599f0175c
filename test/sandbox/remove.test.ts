import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTool } from '../../src/sandbox/process.ts';
import { emptyDirectory, removeTree } from '../../src/sandbox/remove.ts';
import * as host from './support/host.ts';

const helper = fileURLToPath(new URL('./support/boundary.ts', import.meta.url));

const canForbid = await tryImmutable();

async function tryImmutable(): Promise<boolean> {
  const dir = host.makeTempDir();
  const { ok } = await runTool(['chattr', '+i', dir]);
  await runTool(['chattr', '-i', dir]);
  host.removeTempDir(dir);
  return ok;
}

describe('deleting a tree', () => {
  let dir: string;
  beforeEach(() => {
    dir = host.makeTempDir();
  });
  afterEach(() => host.removeTempDir(dir));

  it('takes links away and leaves what they lead to', async () => {
    mkdirSync(join(dir, 'outside'));
    writeFileSync(join(dir, 'outside/precious'), '');
    mkdirSync(join(dir, 'tree/locked'), { recursive: true });
    symlinkSync(join(dir, 'outside'), join(dir, 'tree/link'));
    chmodSync(join(dir, 'tree/locked'), 0);
    await removeTree(join(dir, 'tree'));
    symlinkSync(join(dir, 'outside'), join(dir, 'tree'));
    await expect(emptyDirectory(join(dir, 'tree'))).rejects.toMatchObject({ code: 'SANDBOX_REMOVE' });
    await removeTree(join(dir, 'tree'));
    await removeTree(join(dir, 'tree'));
    expect(readdirSync(dir)).toEqual(['outside']);
    expect(existsSync(join(dir, 'outside/precious'))).toBe(true);
  });

  it('copes with names that look like options and paths longer than the system allows', async () => {
    mkdirSync(join(dir, '-rf'));
    writeFileSync(join(dir, '-i\n'), '');
    const deep = `${'x'.repeat(200)}/`.repeat(15);
    mkdirSync(join(dir, 'a', deep), { recursive: true });
    mkdirSync(join(dir, 'b', deep), { recursive: true });
    renameSync(join(dir, 'b'), join(dir, 'a', deep, 'b'));
    await emptyDirectory(dir);
    expect(readdirSync(dir)).toEqual([]);
  });

  it.skipIf(!canForbid)(
    `deletes what a package made immutable${canForbid ? '' : ' (SKIPPED: no chattr here)'}`,
    async () => {
      mkdirSync(join(dir, 'tree/deep'), { recursive: true });
      writeFileSync(join(dir, 'tree/deep/file'), '');
      writeFileSync(join(dir, 'outside'), '');
      symlinkSync(join(dir, 'outside'), join(dir, 'tree/deep/link'));
      await runTool([
        'chattr',
        '+i',
        join(dir, 'outside'),
        join(dir, 'tree/deep/file'),
        join(dir, 'tree/deep'),
      ]);
      try {
        await removeTree(join(dir, 'tree'));
        expect(existsSync(join(dir, 'tree'))).toBe(false);
        expect((await runTool(['lsattr', join(dir, 'outside')])).stdout).toMatch(/^-*i/);
      } finally {
        await runTool(['chattr', '-R', '-f', '-i', dir]);
      }
    },
  );

  it.skipIf(host.noSandboxes !== undefined)(
    host.suiteTitle('never goes through a mount, of another device or the same'),
    async () => {
      const unshare = ['unshare', '--mount', '--propagation', 'private'];
      const told = await runTool([...unshare, process.execPath, helper, dir]);
      expect(told.stderr).toBe('');
      expect(JSON.parse(told.stdout)).toEqual({
        removed: expect.stringContaining('is mounted'),
        emptied: expect.stringMatching(/is mounted|another device/),
        kept: true,
        unmounted: { removed: 3, left: [] },
        after: 'done',
        isGone: true,
      });
    },
  );
});

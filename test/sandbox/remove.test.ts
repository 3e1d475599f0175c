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

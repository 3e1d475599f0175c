import { chownSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { layGround } from '../../../agent/build/ground.ts';
import type { Config } from '../../../src/config/config.ts';
import { driverTraits } from '../../../src/sandbox/traits.ts';
import { type FakeTree, layFakeTree } from '../support/fake-tree.ts';

/** An account that no host has. */
const STRANGER = 54_321;
const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot)(
  `where an agent of root writes${isRoot ? '' : ' (skipped: not run by root)'}`,
  () => {
    let tree: FakeTree;
    beforeEach(() => {
      tree = layFakeTree();
    });
    afterEach(() => {
      vi.unstubAllEnvs();
      tree.remove();
    });
    const layTheirs = (): string => {
      const theirs = join(tree.dir, 'theirs');
      mkdirSync(theirs);
      chownSync(theirs, STRANGER, STRANGER);
      return theirs;
    };
    const withRwDir = (dir: string): Config => ({
      ...tree.config,
      sandbox: { ...tree.config.sandbox, rwDirs: [dir] },
    });

    it.each(['distfiles', 'packages', 'bulklog'] as const)(
      'nobody else can put another directory in the place of %s, or nothing is made',
      async (key) => {
        const theirs = layTheirs();
        const config = { ...tree.config, paths: { ...tree.config.paths, [key]: join(theirs, 'deep/dir') } };
        await expect(layGround(config, driverTraits.linux)).rejects.toMatchObject({
          code: 'PLACE_NOT_SAFE',
          message: expect.stringMatching(new RegExp(`^paths\\.${key} is .*, by ${theirs}$`)),
        });
        expect([theirs, tree.config.paths.packages].map((dir) => existsSync(join(dir, 'deep')))).toEqual([
          false,
          false,
        ]);
        expect(existsSync(tree.config.paths.state)).toBe(false);
      },
    );

    it('a shared directory may be theirs, but not a link of theirs or below what is theirs', async () => {
      const theirs = layTheirs();
      mkdirSync(join(theirs, 'cache'));
      symlinkSync('theirs', join(tree.dir, 'link'));
      await layGround(withRwDir(join(tree.dir, 'link')), driverTraits.linux);
      await expect(layGround(withRwDir(join(theirs, 'cache')), driverTraits.linux)).rejects.toMatchObject({
        code: 'PLACE_NOT_SAFE',
        message: expect.stringContaining('sandbox.rw_dirs is '),
      });
    });

    it('whoever became root by sudo may have them at home', async () => {
      vi.stubEnv('SUDO_UID', String(STRANGER));
      const theirs = layTheirs();
      mkdirSync(join(theirs, 'cache'));
      await layGround(withRwDir(join(theirs, 'cache')), driverTraits.linux);
    });
  },
);

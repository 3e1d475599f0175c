import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { layGround } from '../../../agent/build/ground.ts';
import type { Config } from '../../../src/config/config.ts';
import { driverTraits } from '../../../src/sandbox/traits.ts';
import { type FakeTree, layFakeTree } from '../support/fake-tree.ts';

const isRoot = process.getuid?.() === 0;

describe.skipIf(process.platform !== 'linux')('the ground of a build', () => {
  let tree: FakeTree;
  beforeEach(() => {
    tree = layFakeTree();
  });
  afterEach(() => tree.remove());
  const withPkgsrc = (changes: Partial<Config['pkgsrc']>): Config => ({
    ...tree.config,
    pkgsrc: { ...tree.config.pkgsrc, ...changes },
  });

  it('makes the directories and shows packages read only, the tree in a layer that nobody keeps', async () => {
    const { paths } = tree.config;
    const { spec, make } = await layGround(tree.config, driverTraits.linux);
    expect(existsSync(join(paths.packages, 'All')) && existsSync(join(paths.bulklog, 'meta'))).toBe(true);
    expect(spec.shares.map(({ target, access }) => [target, access])).toEqual(
      expect.arrayContaining([
        [paths.pkgsrc, 'scratch'],
        [paths.packages, 'ro'],
        [paths.distfiles, 'scratch'],
      ]),
    );
    expect(spec.freshDirs[0]?.path).toBe('/work');
    expect(make).toMatchObject({ workDir: '/work', variables: { PACKAGES: paths.packages } });
  });

  it('keeps to directories of its own where nothing is isolated', async () => {
    const { spec, make } = await layGround(tree.config, driverTraits.none);
    expect(spec.freshDirs.map(({ path }) => path)).toEqual([join(tree.config.paths.state, 'work')]);
    expect(make.workDir).toBe(join(tree.config.paths.state, 'work'));
    expect(spec.shares.every(({ source, target }) => source === target)).toBe(true);
  });

  it('lets the user’s variables win over its own', async () => {
    const { make } = await layGround(
      withPkgsrc({ variables: { DISTDIR: '/elsewhere', X: '1' } }),
      driverTraits.none,
    );
    expect(make.variables).toMatchObject({ DISTDIR: '/elsewhere', X: '1' });
  });

  it('names the directory that it cannot make', async () => {
    writeFileSync(join(tree.dir, 'distfiles'), 'a file');
    await expect(layGround(tree.config, driverTraits.none)).rejects.toMatchObject({
      code: 'DIRECTORY_NOT_MADE',
      message: expect.stringContaining(join(tree.dir, 'distfiles')),
    });
  });

  it('refuses a kit that is none, and leaves nothing of it', async () => {
    const kit = join(tree.dir, 'kit.tar.gz');
    mkdirSync(tree.config.paths.state);
    writeFileSync(kit, 'no tarball');
    await expect(layGround(withPkgsrc({ bootstrapKit: kit }), driverTraits.none)).rejects.toMatchObject({
      message: expect.stringContaining('kit.tar.gz'),
    });
    const left = readdirSync(tree.config.paths.state, { recursive: true, withFileTypes: true });
    expect(left.filter((entry) => entry.isFile()).map(({ name }) => name)).toEqual([]);
  });

  it.skipIf(!isRoot)('refuses a build user who is not there (skips where not run by root)', async () => {
    await expect(layGround(withPkgsrc({ buildUser: 'nosuchuser' }), driverTraits.none)).rejects.toMatchObject(
      {
        code: 'BUILD_USER_MISSING',
      },
    );
  });
});

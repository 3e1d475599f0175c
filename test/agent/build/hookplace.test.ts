import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkHooks } from '../../../agent/build/hookplace.ts';
import { type FakeTree, layFakeTree } from '../support/fake-tree.ts';

let dir: string;
let tree: FakeTree;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bulkmesh-hookplace-'));
  tree = layFakeTree();
  put('hooks/good', 0o755);
  put('hooks/text', 0o644);
  put('kit/usr/pkg/bin/own', 0o755);
});
afterEach(() => {
  rmSync(dir, { recursive: true });
  tree.remove();
});

const put = (path: string, mode: number): void => {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), '#!/bin/sh\n');
  chmodSync(join(dir, path), mode);
};

const check = (
  hook: 'beforeBuild' | 'beforePackage',
  program: string,
  { isIsolated = true, shared = true }: { isIsolated?: boolean; shared?: boolean } = {},
): Promise<void> => {
  const hooks = join(dir, 'hooks');
  const config = {
    ...tree.config,
    hooks: { ...tree.config.hooks, [hook]: [program] },
    sandbox: { ...tree.config.sandbox, systemDirs: ['/bin', '/usr'] },
  };
  const spec = {
    kitDir: join(dir, 'kit'),
    opaqueDirs: ['/usr/pkg'],
    shares: shared ? [{ source: hooks, target: hooks, access: 'ro' as const }] : [],
  };
  return checkHooks(config, { spec, isIsolated });
};

describe('where the programs of hooks are', () => {
  it.each([
    ['in a directory that sandboxes share', 'beforePackage', (): string => join(dir, 'hooks/good')],
    ['in a system directory', 'beforePackage', (): string => '/bin/sh'],
    ['in the kit', 'beforePackage', (): string => '/usr/pkg/bin/own'],
    ['anywhere on the host, for those of the build', 'beforeBuild', (): string => join(dir, 'hooks/good')],
  ] as const)('may be %s', async (_, hook, program) => {
    await expect(check(hook, program())).resolves.toBeUndefined();
  });

  it('may be anywhere where nothing is isolated', async () => {
    const options = { isIsolated: false, shared: false };
    await expect(check('beforePackage', join(dir, 'hooks/good'), options)).resolves.toBeUndefined();
  });

  it('is not where no sandbox shows it: said before anything is built, with what to do', async () => {
    await expect(check('beforePackage', join(dir, 'hooks/good'), { shared: false })).rejects.toMatchObject({
      code: 'HOOK_OUTSIDE',
      message: expect.stringContaining('hooks.before_package'),
      hint: expect.stringContaining('sandbox.ro_dirs'),
    });
  });

  it('is not below the prefix of the host, which sandboxes do not have', async () => {
    await expect(check('beforePackage', '/usr/pkg/bin/other')).rejects.toMatchObject({
      code: 'HOOK_MISSING',
    });
  });

  it.each(['hooks/text', 'hooks/none', 'hooks'])('is not %s', async (path) => {
    await expect(check('beforeBuild', join(dir, path))).rejects.toMatchObject({ code: 'HOOK_MISSING' });
  });
});

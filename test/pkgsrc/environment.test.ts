import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTreeEnvironment } from '../../src/pkgsrc/environment.ts';
import type { Command } from '../../src/sandbox/driver.ts';
import { type Answer, FakeSandbox } from './fakesandbox.ts';

let tree: string;
beforeAll(async () => {
  tree = await mkdtemp(join(tmpdir(), 'bulkmesh-tree-'));
  await mkdir(join(tree, 'pkgtools', 'pkg_install'), { recursive: true });
  await writeFile(join(tree, 'Makefile'), '');
  await writeFile(join(tree, 'pkgtools', 'pkg_install', 'Makefile'), '');
});
afterAll(() => rm(tree, { recursive: true, force: true }));

const VALUES: Readonly<Record<string, string>> = {
  PACKAGES: '/packages',
  PKG_DBDIR: '/usr/pkg/pkgdb',
  PKG_REFCOUNT_DBDIR: '/usr/pkg/pkgdb.refcount',
  PKG_TOOLS_BIN: '/usr/pkg/sbin',
  PREFIX: '/usr/pkg',
  PKG_SUFX: '.tgz',
  OPSYS: 'Linux',
  OS_VERSION: '6.1',
  MACHINE_ARCH: 'x86_64',
  CC_VERSION: 'gcc-13.2.0',
  NATIVE_OPSYS: 'Linux',
};

const answer =
  (
    values: Readonly<Record<string, string>>,
    special: (command: Command) => Answer | undefined = () => undefined,
  ) =>
  (command: Command): Answer => {
    const names = command.argv.find((word) => word.startsWith('VARNAMES='))?.slice('VARNAMES='.length);
    const printed = names?.split(' ').map((name) => `${values[name] ?? ''}\n`);
    return special(command) ?? { stdout: printed?.join('') ?? '' };
  };

const ask = (answers: (command: Command) => Answer, pkgsrc = tree) =>
  readTreeEnvironment({
    sandbox: new FakeSandbox(answers),
    environment: { make: '/usr/pkg/bin/bmake', pkgsrc, workDir: '/work', variables: {}, cacheVars: {} },
    expected: { packages: '/packages', pkgDbdir: '/usr/pkg/pkgdb', prefix: '/usr/pkg/' },
    signal: new AbortController().signal,
  });

describe('asking the tree for its environment', () => {
  it('gives paths, suffix, platform, and the variables that are set for all later calls of make', async () => {
    expect(await ask(answer(VALUES))).toEqual({
      packages: '/packages',
      pkgDbdir: '/usr/pkg/pkgdb',
      pkgRefcountDbdir: '/usr/pkg/pkgdb.refcount',
      pkgToolsBin: '/usr/pkg/sbin',
      prefix: '/usr/pkg',
      pkgSuffix: '.tgz',
      platform: { opsys: 'Linux', osVersion: '6.1', machineArch: 'x86_64', compiler: 'gcc-13.2.0' },
      cacheVars: { NATIVE_OPSYS: 'Linux' },
      scanVars: {},
    });
  });

  describe('variables that save forks in a scan', () => {
    const values = { ...VALUES, LOWER_ARCH: 'x86_64', PKGTOOLS_VERSION: '20140801' };
    const guard = async (text: string): Promise<void> => {
      await mkdir(join(tree, 'mk'), { recursive: true });
      await writeFile(join(tree, 'mk', 'bsd.prefs.mk'), text);
    };
    const record = (text: (command: Command) => string) =>
      answer(values, (command) =>
        command.argv.includes('pbulk-index') ? { stdout: text(command) } : undefined,
      );

    it('are those that the tree computes only where they are not defined', async () => {
      await guard('.if !defined(OPSYS)\nOPSYS!= uname -s\n.endif\n.if !defined(LOWER_ARCH)\n.endif\n');
      const { scanVars } = await ask(record(() => 'PKGNAME=pkg_install-1\n'));
      expect(scanVars).toEqual({ OPSYS: 'Linux', LOWER_ARCH: 'x86_64' });
    });

    it('are none where a record comes out another with them', async () => {
      await guard('.if !defined(OPSYS)\n.endif\n');
      const { scanVars } = await ask(record(({ env }) => `PKGNAME=pkg_install-1\nX=${env.OPSYS ?? ''}\n`));
      expect(scanVars).toEqual({});
    });
  });

  it('says that the package tools are missing before any package fails for the want of them', async () => {
    const noTools = answer(VALUES, ({ argv }) =>
      argv.includes('/usr/pkg/sbin/pkg_add') ? { code: 1 } : undefined,
    );
    await expect(ask(noTools)).rejects.toMatchObject({
      code: 'NO_PKG_TOOLS',
      hint: expect.stringMatching(/bulkmesh bootstrap.*bootstrap_kit/),
    });
  });

  it('says how a file that mk.conf includes comes into the sandbox', async () => {
    const lacks = { code: 1, stderr: 'bmake: "/usr/pkg/etc/mk.conf" line 12: Cannot open /mk/own.conf' };
    const answers = answer(VALUES, ({ argv }) => (argv.includes('show-vars') ? lacks : undefined));
    await expect(ask(answers)).rejects.toMatchObject({
      message: expect.stringContaining('/mk/own.conf'),
      hint: expect.stringContaining('sandbox.ro_dirs'),
    });
  });

  it('falls back on what old trees mean when they say nothing', async () => {
    const { PKG_SUFX, PKG_TOOLS_BIN, CC_VERSION, ...old } = VALUES;
    expect([PKG_SUFX, PKG_TOOLS_BIN, CC_VERSION]).not.toContain(undefined);
    expect(await ask(answer({ ...old, PKGSRC_COMPILER: 'gcc' }))).toMatchObject({
      pkgSuffix: '.tgz',
      pkgToolsBin: '/usr/pkg/sbin',
      platform: { compiler: 'gcc' },
    });
  });

  it.each([
    ['PACKAGES', '/usr/pkgsrc/packages', 'PACKAGES=/packages'],
    ['PKG_DBDIR', '/var/db/pkg', 'pkgsrc.pkg_dbdir = "/var/db/pkg"'],
    ['PREFIX', '/opt/pkg', 'pkgsrc.prefix = "/opt/pkg"'],
  ])(
    'refuses a tree whose %s is another than the configuration says, and says how to agree',
    async (name, value, cure) => {
      await expect(ask(answer({ ...VALUES, [name]: value }))).rejects.toMatchObject({
        code: 'TREE_DISAGREES',
        message: expect.stringContaining(value),
        hint: expect.stringContaining(cure),
      });
    },
  );

  it.each([
    ['NO_MAKE', '-V', { code: 127, stderr: 'no such file' }],
    ['MAKE_NOT_BSD', '-V', { code: 2, stderr: "make: invalid option -- 'V'" }],
    ['TREE_NO_SHOW_VARS', 'show-vars', { code: 2, stderr: "bmake: don't know how to make show-vars. Stop" }],
    ['TREE_FAILS', 'show-vars', { code: 1, stderr: 'bmake: "own.mk" line 126: Malformed conditional' }],
    ['TREE_FAILS', 'show-vars', { stdout: 'Warning: printed by mk.conf\n' }],
    [
      'TREE_NO_PBULK_INDEX',
      'pbulk-index',
      { code: 2, stdout: "bmake: don't know how to make pbulk-index. Stop" },
    ],
  ])('ends with %s when make answers %s with %o', async (code, word, said) => {
    const answers = answer(VALUES, (command) => (command.argv.includes(word) ? said : undefined));
    await expect(ask(answers)).rejects.toMatchObject({ name: 'BulkmeshError', code });
  });

  it('refuses a directory that is no tree before anything is run', async () => {
    await expect(ask(answer(VALUES), '/nonexistent')).rejects.toMatchObject({ code: 'TREE_INVALID' });
  });
});

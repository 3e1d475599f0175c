import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { slotName } from '../../../src/core/ids.ts';
import type { SandboxSpec, Share } from '../../../src/sandbox/driver.ts';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import { runTool } from '../../../src/sandbox/process.ts';
import * as host from '../support/host.ts';

const submounts = fileURLToPath(new URL('../support/submounts.ts', import.meta.url));

describe.skipIf(host.noSandboxes !== undefined)(host.suiteTitle('driver linux'), () => {
  let stateDir: string;
  beforeEach(() => {
    stateDir = host.makeStateDir();
  });
  afterEach(() => {
    expect(host.leftovers(stateDir)).toEqual([]);
    host.removeTempDir(dirname(stateDir));
  });

  const prepare = (spec: Partial<SandboxSpec>, systemDirs: readonly string[] = host.systemDirs) =>
    createLinuxDriver({ stateDir, storage: 'disk', systemDirs }).prepare(host.slot, {
      ...host.emptySpec,
      ...spec,
    });
  const share = (source: string, target = source): { shares: readonly Share[] } => ({
    shares: [{ source, target, access: 'ro' }],
  });

  it.each<[string, Partial<SandboxSpec>, RegExp]>([
    ['a shared directory that is not there', share('/nonesuch/dir'), /nonesuch\/dir does not exist/],
    ['a path that is not absolute', share('/usr', 'usr'), /"usr" is not a plain absolute path/],
    ['a path with dots', share('/usr', '/a/../b'), /not a plain absolute path/],
    ['a path with a comma', share('/usr', '/a,upperdir=/etc'), /mount options cannot carry/],
    ['a path with a colon', { opaqueDirs: ['/usr/a:b'] }, /mount options cannot carry/],
    [
      'a path with a blank',
      { freshDirs: [{ path: '/a b', owner: undefined }] },
      /mount options cannot carry/,
    ],
    ['a path with a backslash', { kitDir: '/a\\040b' }, /mount options cannot carry/],
    ['a target in /proc', share('/usr', '/proc/1'), /belongs to the sandbox itself/],
    [
      'two things at one place',
      { ...share('/usr', '/x'), freshDirs: [{ path: '/x', owner: undefined }] },
      /two directories are to appear at \/x/,
    ],
    ['a prefix over a system directory', { opaqueDirs: ['/usr'] }, /hide the system directory \/usr/],
    [
      'a place behind a link of the system',
      share('/usr/share', '/bin/x'),
      /behind \/bin, which is a symbolic link/,
    ],
    [
      'a place that would be made in a share',
      { ...share('/usr', '/s'), freshDirs: [{ path: '/s/new', owner: undefined }] },
      /made in the shared \/usr/,
    ],
  ])('refuses %s before anything is made', async (_, spec, message) => {
    await expect(prepare(spec)).rejects.toMatchObject({
      code: 'SANDBOX_SPEC',
      message: expect.stringMatching(message),
    });
    expect(readdirSync(stateDir)).toEqual([]);
  });

  it('refuses slot names that are no plain names', async () => {
    const driver = createLinuxDriver({ stateDir, storage: 'disk', systemDirs: host.systemDirs });
    for (const name of ['', '..', 'a/b', '.trash-x', '-x', 'a b', 'x'.repeat(65)]) {
      await expect(driver.prepare(slotName(name), host.emptySpec)).rejects.toMatchObject({
        code: 'SANDBOX_NAME',
      });
    }
  });

  it('says what mount said when the layers cannot be mounted, and leaves nothing', async () => {
    const driver = createLinuxDriver({
      stateDir,
      storage: 'disk',
      systemDirs: ['/usr', '/bin', '/lib', '/lib64'],
      overlayOptions: ['nonesuch'],
    });
    await expect(driver.prepare(host.slot, host.emptySpec)).rejects.toMatchObject({
      code: 'SANDBOX_PREPARE',
      message: expect.stringMatching(/overlay/),
      hint: expect.stringContaining('tmpfs'),
    });
  });

  it('says that a mount point is behind a link when one does not appear, and leaves nothing', async () => {
    const base = dirname(stateDir);
    const tree = join(base, 'sys');
    mkdirSync(`${tree}/real`, { recursive: true });
    symlinkSync('real', `${tree}/alias`);
    await expect(
      prepare({ freshDirs: [{ path: `${tree}/alias/x`, owner: undefined }] }, [...host.systemDirs, tree]),
    ).rejects.toMatchObject({
      code: 'SANDBOX_PREPARE',
      hint: expect.stringContaining('symbolic link'),
    });
    expect(existsSync(`${tree}/real/x`)).toBe(false);
  });

  it('cannot be led to the host by links in the kit', async () => {
    const base = dirname(stateDir);
    const kit = join(base, 'kit');
    mkdirSync(kit);
    mkdirSync(join(base, 'victim'));
    for (const name of ['usr', 'etc', 'work', 'proc', 'dev', 'home'])
      symlinkSync(join(base, 'victim'), join(kit, name));
    writeFileSync(join(kit, 'tmp'), 'a file where a directory belongs');
    const sandbox = await prepare({ kitDir: kit, freshDirs: [{ path: '/work/obj', owner: host.nobody }] });
    expect(
      await host.shell(sandbox, 'echo x >/home/x; echo x >/work/obj/x; test -d /tmp && ls /etc/passwd'),
    ).toBe('/etc/passwd\n');
    await sandbox.destroy();
    expect(readdirSync(join(base, 'victim'))).toEqual([]);
  });

  it('shows in a system directory what the host has mounted below it, files as copies', async () => {
    const unshare = ['unshare', '--mount', '--propagation', 'private'];
    const told = await runTool([...unshare, process.execPath, submounts, dirname(stateDir)]);
    expect(told).toEqual({ ok: true, stdout: 'from the tmpfs\nfrom the bind\ndropped\n', stderr: '' });
  });

  it('gives one sandbox to a slot at a time, and several slots at once', async () => {
    const driver = createLinuxDriver({ stateDir, storage: 'disk', systemDirs: host.systemDirs });
    const one = await driver.prepare(host.slot, host.emptySpec);
    await expect(driver.prepare(host.slot, host.emptySpec)).rejects.toMatchObject({ code: 'SANDBOX_BUSY' });
    const others = await Promise.all(
      ['build-2', 'build-3', 'build-4'].map((name) => driver.prepare(slotName(name), host.emptySpec)),
    );
    const told = await Promise.all(
      others.map((sandbox) => host.shell(sandbox, `echo ${sandbox.slot} >/tmp/x; cat /tmp/x; ls /tmp`)),
    );
    expect(told).toEqual(['build-2\nx\n', 'build-3\nx\n', 'build-4\nx\n']);
    expect(await driver.sweep()).toMatchObject({ directoriesRemoved: 0, left: [] });
    await Promise.all([one, ...others].map((sandbox) => sandbox.destroy()));
  });

  it('makes a read-only share read-only down to what the host has mounted below it', async () => {
    const sandbox = await prepare({ ...share('/dev', '/host-dev') });
    expect(await host.shell(sandbox, 'test -c /host-dev/null && touch /host-dev/x')).toMatch(/Read-only/);
    expect(await host.shell(sandbox, 'touch /host-dev/shm/x')).toMatch(/Read-only/);
    await sandbox.destroy();
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { setFaultHook } from '../../../src/sandbox/faultpoint.ts';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import { runTool } from '../../../src/sandbox/process.ts';
import * as host from '../support/host.ts';
import { readHostState } from '../support/hostState.ts';

const scenes = fileURLToPath(new URL('../support/full-scenes.ts', import.meta.url));
const spec = {
  ...host.emptySpec,
  opaqueDirs: ['/usr/pkg'],
  freshDirs: [{ path: '/work', owner: host.nobody }],
  workDir: '/work',
};

describe.skipIf(host.noSandboxes !== undefined)(
  host.suiteTitle('with driver linux, a host is as before'),
  () => {
    let dir: string;
    let told: Record<string, unknown>;
    beforeAll(async () => {
      dir = host.makeTempDir();
      const { mounts } = readHostState(dir);
      const unshare = ['unshare', '--mount', '--propagation', 'private'];
      const done = await runTool([...unshare, process.execPath, scenes, dir]);
      told = JSON.parse(done.stdout.trim().split('\n').at(-1) || JSON.stringify({ failed: done.stderr }));
      expect(readHostState(dir, ['9875'])).toMatchObject({ mounts, processes: [] });
    }, 60_000);
    afterAll(() => host.removeTempDir(dir));
    const clean = { isAsBefore: true, precious: ['file'] };

    it('when a package has filled the disk', () => {
      expect(told.disk).toEqual({ ...clean, said: 'No space left on device\n' });
    });

    it('when a package has used up the inodes', () => {
      expect(told.inodes).toEqual({ ...clean, said: 'No space left on device\n' });
    });

    it('when a package has filled its work area in memory, which does not reach the disk', () => {
      const said = 'No space left on device\nbulkmesh 1024 1024 0 100% /work\n';
      expect(told.memory).toEqual({ isAsBefore: true, said });
    });

    it('when a package has left links to /etc and other places of the host in its work area', () => {
      expect(told).toMatchObject({ links: { ...clean, said: 'etc precious up\n' }, isWhole: true });
    });

    it('when somebody has mounted a writable directory of the host below the slot: nothing of it is deleted', () => {
      expect(told.bound).toEqual({ ...clean, said: 'made\n', extra: true });
    });

    it('when a process of the host sits in the slot, which goes on', () => {
      expect(told.looker).toEqual({ isAsBefore: true, lives: true });
    });

    it('when a package has left a daemon that forked twice, holds files and ignores signals', () => {
      expect(told.daemon).toEqual({ ...clean, said: 'held\n' });
    });

    it('when there was room for a part of a sandbox only: it is not made, and works when there is room', () => {
      expect(told.crowded).toEqual({ isAsBefore: true, said: ['SANDBOX_PREPARE'] });
    });
  },
);

describe.skipIf(host.noSandboxes !== undefined)(host.suiteTitle('a host is as before'), () => {
  let stateDir: string;
  beforeEach(() => {
    stateDir = host.makeStateDir();
  });
  afterEach(() => {
    setFaultHook(() => undefined);
    host.removeTempDir(dirname(stateDir));
  });
  const makeDriver = () =>
    createLinuxDriver({ stateDir, storage: 'disk', systemDirs: ['/usr', '/bin', '/lib', '/lib64', '/etc'] });

  it('when any one of the mounts of a sandbox fails', async () => {
    const driver = makeDriver();
    const before = readHostState(stateDir);
    let broken: string | undefined;
    let tables = [''];
    for (let index = 0; index < tables.length; index += 1) {
      setFaultHook((point) => {
        if (point !== 'prepare.tables') return;
        const slotDir = join(stateDir, 'slots/build-1');
        tables = ['fstab.system', 'fstab.inside'].flatMap((name) => {
          const lines = readFileSync(join(slotDir, name), 'utf8').trimEnd().split('\n');
          return lines.map((line) => `${name} ${line}`);
        });
        const [name = '', ...words] = (tables[index] ?? '').split(' ');
        broken = words.join(' ');
        const text = readFileSync(join(slotDir, name), 'utf8');
        writeFileSync(
          join(slotDir, name),
          text.replace(broken, `/nonesuch ${words[1]} nosuchfs ${words[3]} 0 0`),
        );
      });
      const made = await driver.prepare(host.slot, spec).then(() => `made without ${broken}`, String);
      expect(made).toContain('cannot set the sandbox up');
      expect(readHostState(stateDir)).toEqual(before);
    }
    expect(tables.length).toBeGreaterThan(10);
  });

  it('when a package was a fork bomb', async () => {
    const driver = makeDriver();
    const before = readHostState(stateDir, ['98753']);
    const sandbox = await driver.prepare(host.slot, spec);
    await sandbox.fit({ limits: { memoryBytes: undefined, processes: 120 }, work: { kind: 'disk' } });
    const text = 'f() { while :; do sleep 0.98753 & f & done; }; (f & f &) >/dev/null 2>&1; sleep 0.5';
    // Bounded twice: a host without control groups must live through its test, too.
    await host.run(sandbox, ['prlimit', '--nproc=300', 'sh', '-c', text], { user: host.nobody });
    await sandbox.destroy();
    expect(readHostState(stateDir, ['98753'])).toEqual(before);
  });

  it('when two agents want the same slot: the second is told, and the first keeps it', async () => {
    const sandbox = await makeDriver().prepare(host.slot, spec);
    const second = makeDriver();
    await expect(second.prepare(host.slot, spec)).rejects.toMatchObject({ code: 'SANDBOX_BUSY' });
    expect(await host.shell(sandbox, 'echo still here')).toBe('still here\n');
    await sandbox.destroy();
    expect(readHostState(stateDir).entries).toEqual([]);
  });
});

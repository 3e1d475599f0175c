import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WorkArea } from '../../../src/core/effect.ts';
import { openPackageLogs } from '../../../src/pkgsrc/build/log.ts';
import { PackageRun } from '../../../src/pkgsrc/build/run.ts';
import { checkPkgName } from '../../../src/pkgsrc/name.ts';
import type { Sandbox } from '../../../src/sandbox/driver.ts';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import { readMounts } from '../../../src/sandbox/mounts.ts';
import * as host from '../../sandbox/support/host.ts';
import { makePlace, type Place, request } from './fixture.ts';

const MIB = 2 ** 20;

describe.skipIf(host.noSandboxes !== undefined)(host.suiteTitle('a work area in memory'), () => {
  let place: Place;
  let stateDir: string;
  let sandbox: Sandbox;
  beforeEach(async () => {
    place = await makePlace();
    stateDir = join(place.dir, 'state');
    mkdirSync(stateDir);
    const driver = createLinuxDriver({ stateDir, storage: 'disk', systemDirs: host.systemDirs });
    const freshDirs = [{ path: '/work', owner: host.nobody }];
    sandbox = await driver.prepare(host.slot, { ...host.emptySpec, workDir: '/work', freshDirs });
  });
  afterEach(async () => {
    await sandbox.destroy();
    expect(host.leftovers(stateDir)).toEqual([]);
    await place.remove();
  });

  const fitWork = (workArea: WorkArea) =>
    sandbox.fit({ limits: { memoryBytes: undefined, processes: undefined }, work: workArea });
  const inMemory = { kind: 'memory', sizeBytes: 8 * MIB } as const;
  const build = async (text: string, workArea: WorkArea) => {
    await fitWork(workArea);
    const built = request(place, { sandbox, workArea });
    const run = new PackageRun(built, await openPackageLogs(place.logDir, checkPkgName('tool-1.0')));
    return run.runStage('build', (open) =>
      open.run('make all', {
        ...{ argv: ['sh', '-c', text], env: { PATH: '/usr/bin:/bin' }, cwd: '/work', user: host.nobody },
        ...{ network: false, output: { kind: 'log', fd: open.logFd }, signal: new AbortController().signal },
      }),
    );
  };

  it('is the build user`s, as large as asked for, measured like one on disk, and not there before', async () => {
    expect(await host.shell(sandbox, 'df -P /work | tail -1')).not.toContain('bulkmesh ');
    await fitWork(inMemory);
    expect(await host.shell(sandbox, "stat -c '%a %u %F' /work; df -Pk /work | tail -1")).toMatch(
      /^755 65534 directory\nbulkmesh +8192 /,
    );
    await host.shell(sandbox, 'head -c 3000000 /dev/zero >/work/x', { user: host.nobody });
    expect(await sandbox.diskUsage('/work')).toBeGreaterThan(2_900_000);
    // Nothing of it is on the disk, and the host's own namespace does not have it.
    expect(readMounts().some(({ target }) => target.startsWith(stateDir))).toBe(false);
  });

  it.each([
    ['space', 'head -c 20000000 /dev/zero >x; exit 1', /work area in memory, 8 MiB, has \d+ KiB left$/],
    ['files', 'i=0; while :>f$i; do i=$((i+1)); done; exit 1', /can hold no more than \d+ files$/],
  ])('that has no %s left is trouble of neither host nor package', async (_, text, detail) => {
    expect(await build(text, inMemory)).toEqual({
      kind: 'trouble',
      trouble: 'work-full',
      detail: expect.stringMatching(detail),
    });
  });

  it('with room left makes a failure no trouble', async () => {
    expect(await build('exit 3', inMemory)).toMatchObject({ kind: 'failed' });
  });

  it('on disk leaves a write without room to the disk', async () => {
    const full = await build('echo "No space left on device"; exit 1', { kind: 'disk' });
    expect(full).toMatchObject({ kind: 'trouble', trouble: 'disk-full' });
  });
});

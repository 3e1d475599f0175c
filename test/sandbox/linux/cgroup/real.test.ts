import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GroupLimits, Sandbox } from '../../../../src/sandbox/driver.ts';
import { describeGroups, groupName, sweepGroups } from '../../../../src/sandbox/linux/cgroup/groups.ts';
import { findPlaces, readView } from '../../../../src/sandbox/linux/cgroup/place.ts';
import { listGroups, listProcesses } from '../../../../src/sandbox/linux/cgroup/tree.ts';
import { createLinuxDriver } from '../../../../src/sandbox/linux/driver.ts';
import * as host from '../../support/host.ts';

const { shell, slot, systemDirs } = host;
const usable = describeGroups().controllers;
const missing = ['pids', 'memory'].filter((name) => !usable.some((one) => one === name));
const obstacle =
  host.noSandboxes ?? (missing.length > 0 ? `no control groups of ${missing.join(', ')}` : undefined);
const title = obstacle === undefined ? '' : ` (SKIPPED: ${obstacle})`;

/** Directories of our groups, in every hierarchy. */
const groupsOf = (stateDir: string): readonly string[] => {
  const tops = new Set(findPlaces(readView()).map(({ top }) => top));
  const dirs = [...tops].flatMap((top) => listGroups(top));
  return dirs.filter((dir) => dir.includes(`/${groupName(stateDir)}`));
};

describe.skipIf(obstacle !== undefined)(`control groups of this host${title}`, () => {
  let stateDir: string;
  let sandbox: Sandbox;
  const prepare = async (limits: Partial<GroupLimits> = {}) => {
    sandbox = await createLinuxDriver({ stateDir, storage: 'disk', systemDirs }).prepare(
      slot,
      host.emptySpec,
    );
    await sandbox.fit({
      limits: { memoryBytes: undefined, processes: undefined, ...limits },
      work: { kind: 'disk' },
    });
    return sandbox;
  };
  beforeEach(() => {
    stateDir = host.makeStateDir();
  });
  afterEach(async () => {
    await sandbox.destroy();
    expect(groupsOf(stateDir)).toEqual([]);
    expect(host.leftovers(stateDir)).toEqual([]);
    host.removeTempDir(dirname(stateDir));
  });

  it('bound a fork bomb, which is then killed with all that is inside', async () => {
    const inside = await prepare({ processes: 60 });
    const bomb = 'f() { f | f & }; f; sleep 0.5; echo alive';
    const said = await shell(inside, `${bomb} 2>/dev/null`);
    expect(said).toMatch(/alive|fork/i);
    const { processRefusals = 0 } = await inside.usage();
    expect(processRefusals).toBeGreaterThan(0);
    await inside.killAll();
    expect(await shell(inside, 'ls /proc | grep -c "^[0-9]"')).toMatch(/^[1-9]\n$/);
  });

  it('go with all that a package made in them, more and deeper than a path can name', async () => {
    const inside = await prepare();
    const nest =
      'n=$(head -c 240 /dev/zero | tr "\\0" x); mkdir /tmp/c; for t in cgroup2 "cgroup -o pids"; do mount -t $t none /tmp/c || ' +
      'continue; (cd /tmp/c; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; ' +
      'do mkdir $n && cd -P $n || break; done); umount -l /tmp/c; done';
    await shell(inside, `unshare --mount --cgroup sh -c '${nest}' 2>&1`);
  });

  it('bound memory: who takes more is killed, and that is told with what it had', async () => {
    const inside = await prepare({ memoryBytes: 64 << 20 });
    const before = await inside.usage();
    expect(before.memoryKills).toBe(0);
    const hog = 'x=$(head -c 200000000 /dev/zero | tr "\\0" x); : "$x"';
    expect(await shell(inside, `sh -c '${hog}'; echo "code $?"`)).toMatch(/code 137\n/);
    const { memoryKills = 0, memoryPeakBytes = 0 } = await inside.usage();
    expect(memoryKills).toBeGreaterThan(0);
    expect(memoryPeakBytes).toBeGreaterThan(20 << 20);
    expect(memoryPeakBytes).toBeLessThanOrEqual(64 << 20);
  });

  it('measure what processes hold, and not the files that the kernel keeps of them', async () => {
    const inside = await prepare();
    await shell(
      inside,
      'head -c 150000000 /dev/zero >/tmp/file; cat /tmp/file /tmp/file >/dev/null; sleep 0.6; rm /tmp/file',
    );
    expect((await inside.usage()).memoryPeakBytes).toBeLessThan(100 << 20);
    await shell(inside, 'x=$(head -c 60000000 /dev/zero | tr "\\0" x); sleep 4; : "$x"');
    expect((await inside.usage()).memoryPeakBytes).toBeGreaterThan(60_000_000);
  });

  it('hold what is inside as root too: it cannot lift its own bounds', async () => {
    const inside = await prepare({ processes: 50 });
    const mounted =
      "unshare --user --map-root-user --mount --cgroup sh -c 'mount -t cgroup -o pids none /mnt 2>/dev/null " +
      '|| mount -t cgroup2 none /mnt; echo max >/mnt/pids.max; sh -c "for i in $(seq 80 | tr "\\n" " "); do sleep 1 & done; wait"\'';
    await shell(inside, `${mounted} 2>/dev/null`);
    const { processRefusals = 0 } = await inside.usage();
    expect(processRefusals).toBeGreaterThan(0);
  });

  it('go when their owner was killed, with every process in them, and never before', async () => {
    await prepare();
    const other = host.makeStateDir();
    const child = spawn(process.execPath, ['test/sandbox/support/forever.ts', other], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
    expect(await sweepGroups(other)).toEqual({ groupsRemoved: 0, processesKilled: 0, left: [] });
    const held = groupsOf(other).filter((dir) => dir.endsWith('/inside'));
    expect(held.flatMap(listProcesses).length).toBeGreaterThan(0);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    const report = await sweepGroups(other);
    expect(report.left).toEqual([]);
    expect(report.groupsRemoved).toBeGreaterThan(0);
    expect(groupsOf(other)).toEqual([]);
    const driver = createLinuxDriver({ stateDir: other, storage: 'disk', systemDirs });
    expect((await driver.sweep()).left).toEqual([]);
    host.removeTempDir(dirname(other));
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { slotName } from '../../../src/core/ids.ts';
import type { Sandbox, SandboxSpec } from '../../../src/sandbox/driver.ts';
import { killUser } from '../../../src/sandbox/killUser.ts';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import { hasUserNamespaces } from '../../../src/sandbox/linux/users.ts';
import * as host from '../support/host.ts';

const first = 2_090_000;
const { nobody, shell } = host;
const builder = { ...nobody, name: 'games', uid: 5, gid: 60, home: '/home/games' };
const hasIds = /^\s*0\s+0\s+4294967295$/m.test(readFileSync('/proc/self/uid_map', 'utf8'));
const obstacle =
  host.noSandboxes ?? (hasIds && (await hasUserNamespaces()) ? undefined : 'no user ids to give away here');
const skipped = obstacle === undefined ? '' : ` (SKIPPED: ${obstacle})`;

/** Processes of this host that a user id has. */
const processesOf = (uid: number): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return new RegExp(`^Uid:\\s+${uid}\\b`, 'm').test(readFileSync(`/proc/${pid}/status`, 'utf8'));
      } catch {
        return false;
      }
    });

describe.skipIf(obstacle !== undefined)(`slots with users of their own${skipped}`, () => {
  let stateDir: string;
  let sandboxes: Sandbox[];
  beforeEach(async () => {
    stateDir = host.makeStateDir();
    const driver = createLinuxDriver({ stateDir, storage: 'disk', systemDirs: host.systemDirs });
    const spec: SandboxSpec = {
      ...host.emptySpec,
      freshDirs: [{ path: '/work', owner: builder }],
      slotIds: { user: builder, first, count: 100 },
    };
    sandboxes = await Promise.all(['build-1', 'build-2'].map((name) => driver.prepare(slotName(name), spec)));
  });
  afterEach(async () => {
    for (const sandbox of sandboxes) await sandbox.destroy();
    expect(host.leftovers(stateDir)).toEqual([]);
    host.removeTempDir(dirname(stateDir));
  });
  const at = (index: number): Sandbox => {
    const found = sandboxes[index];
    if (found === undefined) throw new Error('not prepared');
    return found;
  };

  it('show the build user inside under its own name and number, and what it makes is its own', async () => {
    const text =
      'id -u; id -un; id -g; touch /work/x; stat -c "%U %u %a" /work/x /work; umask; env | cut -d= -f1 | sort | xargs';
    expect(await shell(at(0), text, { user: builder, env: { PATH: '/usr/bin:/bin' } })).toBe(
      '5\ngames\n60\ngames 5 644\ngames 5 755\n0022\nPATH PWD\n',
    );
    expect(await shell(at(0), 'chown 4711:4711 /work/x; stat -c "%u %g" /work/x /etc/passwd; id -u')).toBe(
      '4711 4711\n0 0\n0\n',
    );
  });

  it('are on the host users that can neither signal nor trace one another', async () => {
    const running = sandboxes.map((sandbox) => shell(sandbox, 'exec sleep 60', { user: builder }));
    await host.waitUntil(() => [1, 2].every((slot) => processesOf(first + slot).length > 0));
    const [pid = 0] = processesOf(first + 2);
    const stranger = { ...builder, uid: first + 1 };
    const { runTool } = await import('../../../src/sandbox/process.ts');
    const as = ['setpriv', `--reuid=${stranger.uid}`, '--regid=60', '--clear-groups', '--'];
    expect((await runTool([...as, 'sh', '-c', 'kill -0 "$1"', 'sh', String(pid)])).stderr).toMatch(
      /permitted/,
    );
    expect((await runTool([...as, 'readlink', `/proc/${pid}/exe`])).ok).toBe(false);
    expect(await killUser(first + 2)).toBe(0);
    expect(await running[1]).toContain('Killed');
    expect(processesOf(first + 1).length).toBeGreaterThan(0);
    expect(await killUser(first + 1)).toBe(0);
    await running[0];
  });

  it('count processes each for itself', async () => {
    const many = 'for i in $(seq 30); do sleep 5 & done; echo started';
    const limits = { cpuSeconds: undefined, files: undefined, memoryMiB: undefined, fileSizeMiB: undefined };
    const runLimited = (sandbox: Sandbox) =>
      sandbox.run({
        argv: ['sh', '-c', many],
        ...{ env: { PATH: '/usr/bin:/bin' }, cwd: '/', user: builder, network: false },
        ...{ output: { kind: 'capture', maxBytes: 1000 }, signal: new AbortController().signal },
        limits: { ...limits, processes: 40 },
      });
    for (const sandbox of sandboxes) expect(await runLimited(sandbox)).toMatchObject({ stdout: 'started\n' });
    for (const sandbox of sandboxes) await sandbox.killAll();
  });

  it('never kill by the id of the system or of a person', async () => {
    await expect(killUser(0)).rejects.toThrow(RangeError);
    await expect(killUser(5)).rejects.toThrow(RangeError);
  });
});

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildChroot } from '../../../src/sandbox/chroot/build.ts';
import { findEntrance } from '../../../src/sandbox/chroot/command.ts';
import { planChroot } from '../../../src/sandbox/chroot/plan.ts';
import type { SystemName } from '../../../src/sandbox/chroot/system.ts';
import { chrootSystems } from '../../../src/sandbox/chroot/tables.ts';
import type { Command, SandboxSpec, UserId } from '../../../src/sandbox/driver.ts';

const user: UserId = { name: 'pbulk', uid: 500, gid: 501, home: '/home/pbulk' };
const command = (who: UserId | undefined): Command => ({
  argv: ['make'],
  env: { PATH: '/bin', A: 'it\'s "$B"' },
  cwd: '/',
  user: who,
  network: false,
  output: { kind: 'capture', maxBytes: 1 },
  signal: new AbortController().signal,
});

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bulkmesh-test-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** The commands that one system would run for a tree that packages read and a directory that they may change. */
async function commandsOf(name: SystemName): Promise<readonly string[]> {
  const said: string[] = [];
  // The directories of this host are not those of that system, and /tmp is no link here.
  const system = { ...chrootSystems[name], shown: [join(dir, 'usr')], copied: [], links: [] };
  for (const one of ['root', 'usr', 'tree', 'cache']) mkdirSync(join(dir, one));
  const share = (path: string, access: 'scratch' | 'rw') => ({
    source: join(dir, path),
    target: `/${path}`,
    access,
  });
  const spec: SandboxSpec = {
    kitDir: undefined,
    opaqueDirs: [],
    shares: [share('tree', 'scratch'), share('cache', 'rw')],
    freshDirs: [],
  };
  const plan = planChroot(spec, system, []);
  const run = async (argv: readonly string[]) => {
    const [shell, , , , ...lines] = argv;
    const commands = shell === '/bin/sh' ? lines.map((line) => line.split('\x1f')) : [argv];
    for (const words of commands) {
      said.push(words.join(' ').replaceAll(join(dir, 'root'), 'ROOT').replaceAll(dir, 'HOST'));
    }
    return { ok: true, stdout: '', stderr: '' };
  };
  const tools = { system, run, mountsWithin: () => [] };
  await buildChroot({ root: join(dir, 'root'), spec, plan, storage: 'disk' }, tools);
  return said.filter((line) => !/^(cp|mkdir|ln) /.test(line) && !/kernel|\/proc\/sys/.test(line));
}

describe('chroots of each system', () => {
  it.each([
    [
      'linux',
      [
        'mount --bind --make-private ROOT ROOT',
        'mount -o bind,ro --make-private HOST/tree ROOT/tree',
        'mount --bind --make-private HOST/cache ROOT/cache',
        'mount -o bind,ro --make-private HOST/usr ROOTHOST/usr',
        'mount -t tmpfs -o nosuid,mode=755,size=64k tmpfs ROOT/dev',
        'mount -t devpts -o nosuid,newinstance,ptmxmode=0666,mode=620 devpts ROOT/dev/pts',
        'mount -t tmpfs -o nosuid,nodev,mode=1777,size=512m tmpfs ROOT/dev/shm',
        'mount -t proc -o nosuid,nodev,noexec proc ROOT/proc',
      ],
    ],
    [
      'netbsd',
      [
        'mount -t null -o ro HOST/tree ROOT/tree',
        'mount -t null HOST/cache ROOT/cache',
        'mount -t null -o ro HOST/usr ROOTHOST/usr',
        '/bin/sh -c cd "$1" && exec /bin/sh ./MAKEDEV all sh ROOT/dev',
        'mount -t procfs procfs ROOT/proc',
      ],
    ],
    [
      'freebsd',
      [
        'mount -t nullfs -o ro HOST/tree ROOT/tree',
        'mount -t nullfs HOST/cache ROOT/cache',
        'mount -t nullfs -o ro HOST/usr ROOTHOST/usr',
        'mount -t devfs devfs ROOT/dev',
        'mount -t fdescfs fdescfs ROOT/dev/fd',
        'mount -t procfs procfs ROOT/proc',
      ],
    ],
    [
      'illumos',
      [
        'mount -F lofs -o ro HOST/tree ROOT/tree',
        'mount -F lofs HOST/cache ROOT/cache',
        'mount -F lofs -o ro HOST/usr ROOTHOST/usr',
        'mount -F lofs -o ro /dev ROOT/dev',
        'mount -F fd fd ROOT/dev/fd',
        'mount -F proc proc ROOT/proc',
      ],
    ],
    [
      'macos',
      [
        'bindfs -r HOST/tree ROOT/tree',
        'bindfs HOST/cache ROOT/cache',
        'bindfs -r HOST/usr ROOTHOST/usr',
        'mount -t devfs devfs ROOT/dev',
      ],
    ],
    [
      'macos-nfs',
      [
        'mount -t nfs -o ro localhost:HOST/tree ROOT/tree',
        'mount -t nfs localhost:HOST/cache ROOT/cache',
        'mount -t nfs -o ro localhost:HOST/usr ROOTHOST/usr',
        'mount -t devfs devfs ROOT/dev',
      ],
    ],
  ] as const)('mount as %s has it', async (name, expected) => {
    expect(await commandsOf(name)).toEqual(expected);
  });

  it('run commands as their user by what the system has for it', () => {
    const enter = (name: SystemName, who = user) =>
      findEntrance('/r', chrootSystems[name], command(who)).enter.join(' ');
    expect(enter('linux')).toBe('/usr/sbin/chroot /r');
    for (const name of ['netbsd', 'freebsd', 'macos', 'macos-nfs'] as const) {
      expect(enter(name)).toBe('/usr/sbin/chroot -u 500 -g 501 -G 501 /r');
    }
    const { asRoot } = chrootSystems.netbsd.chroot;
    expect(asRoot).toEqual(['/usr/sbin/chroot', '{dir}']);
    const illumos = findEntrance('/r', chrootSystems.illumos, command(user));
    expect(illumos.enter).toEqual(['/usr/sbin/chroot', '/r']);
    const words = ['pbulk', '-c', 'exec "$0" "$@"', '/usr/bin/env', 'PATH=/bin', 'A=it\'s "$B"'];
    expect(illumos.become).toEqual(['/usr/bin/su', ...words]);
    expect(findEntrance('/r', chrootSystems.illumos, command(undefined)).become).toEqual(['/usr/bin/env']);
  });
});

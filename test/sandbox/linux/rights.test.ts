import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Sandbox, SandboxSpec } from '../../../src/sandbox/driver.ts';
import { enterArgv, findSlot } from '../../../src/sandbox/enter.ts';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import { findTool, runTool } from '../../../src/sandbox/process.ts';
import * as host from '../support/host.ts';

// Opens the directory in its first argument by a file handle: name_to_handle_at, open_by_handle_at of x86-64.
const openByHandle = `
my ($dir) = @ARGV;
my $handle = pack('Ii', 128, 0) . ("\\0" x 128);
my $mount = pack('i', 0);
syscall(303, -100, $dir, $handle, $mount, 0) == 0 or die "no handle: $!\\n";
opendir(my $at, $dir) or die;
my $fd = syscall(304, fileno($at), $handle, 0);
print $fd >= 0 ? "opened\\n" : "refused\\n";
`;
// Looks for nsenter among the newest processes, however many there were before, opens its file, and tells the
// options of the mount that it is on.
const openEntering = `
my ($end, $held) = (time + 30);
while (!$held && time < $end) {
  open(my $load, '<', '/proc/loadavg');
  my ($last) = <$load> =~ /(\\d+)$/;
  for my $pid ($last - 10 .. $last + 30) {
    my $exe = readlink("/proc/$pid/exe") or next;
    next unless $exe =~ /nsenter/;
    last if open($held, '<', "/proc/$pid/exe");
  }
}
$held or die "not seen\\n";
open(my $info, '<', '/proc/self/fdinfo/' . fileno($held));
my ($id) = map { /^mnt_id:\\s*(\\d+)/ } <$info>;
open(my $mounts, '<', '/proc/self/mountinfo');
my ($options) = map { my @f = split ' '; $f[0] == $id ? $f[5] : () } <$mounts>;
print $options // 'a mount of the host', "\\n";
`;
const noPerl =
  findTool('perl') === undefined || process.arch !== 'x64' ? ' (SKIPPED: needs perl on x86-64)' : '';

describe.skipIf(host.noSandboxes !== undefined)(host.suiteTitle('root inside a sandbox'), () => {
  let stateDir: string;
  let sandbox: Sandbox;
  const prepare = async (spec: Partial<SandboxSpec> = {}) => {
    const { systemDirs } = host;
    sandbox = await createLinuxDriver({ stateDir, storage: 'disk', systemDirs }).prepare(host.slot, {
      ...host.emptySpec,
      ...spec,
    });
    return sandbox;
  };
  beforeEach(() => {
    stateDir = host.makeStateDir();
  });
  afterEach(async () => {
    await sandbox.destroy();
    expect(host.leftovers(stateDir)).toEqual([]);
    host.removeTempDir(dirname(stateDir));
  });

  it('cannot mount, make a read-only share writable, or make a device', async () => {
    const share = join(dirname(stateDir), 'share');
    mkdirSync(share);
    writeFileSync(`${share}/file`, 'host');
    const inside = await prepare({ shares: [{ source: share, target: '/share', access: 'ro' }] });
    const tries = ['mount -t tmpfs none /tmp', 'mount -o remount,bind,rw /share', 'umount -l /share'];
    for (const attempt of [...tries, 'mknod /tmp/disk b 8 0', 'ip link add dummy0 type dummy']) {
      expect(await host.shell(inside, `${attempt} >/dev/null 2>&1 && echo done; true`), attempt).toBe('');
    }
    await host.shell(inside, 'echo x >/share/file');
    expect(readFileSync(`${share}/file`, 'utf8')).toBe('host');
  });

  it('cannot use a device that came with the kit', async () => {
    const kitDir = join(dirname(stateDir), 'kit');
    mkdirSync(`${kitDir}/opt/pkg`, { recursive: true });
    for (const dir of [kitDir, `${kitDir}/opt/pkg`]) {
      expect(await runTool(['mknod', '-m', '666', `${dir}/nothing`, 'c', '1', '3'])).toMatchObject({
        ok: true,
      });
    }
    const inside = await prepare({ kitDir, opaqueDirs: ['/opt/pkg'] });
    for (const path of ['/nothing', '/opt/pkg/nothing']) {
      const text = `[ -c ${path} ] && { (: <${path}) 2>/dev/null && echo open || echo shut; }`;
      expect(await host.shell(inside, text), path).toBe('shut\n');
    }
    expect(await host.shell(inside, ': </dev/null && echo open')).toBe('open\n');
  });

  it('cannot write to what controls the kernel', async () => {
    const inside = await prepare();
    // Opened only: what is written there would change this host should the test fail.
    for (const path of ['/proc/sys/kernel/core_pattern', '/proc/sys/vm/drop_caches', '/proc/sysrq-trigger']) {
      expect(await host.shell(inside, `(: >>${path}) 2>/dev/null && echo open; true`), path).toBe('');
    }
  });

  it.skipIf(noPerl !== '')(`cannot reach the host's files by their handles${noPerl}`, async () => {
    const share = join(dirname(stateDir), 'share');
    mkdirSync(share);
    expect((await runTool(['perl', '-e', openByHandle, share])).stdout).toBe('opened\n');
    const inside = await prepare({ shares: [{ source: share, target: '/share', access: 'rw' }] });
    const result = await host.run(inside, ['perl', '-e', openByHandle, '/share']);
    expect(result).toMatchObject({ stdout: 'refused\n' });
  });

  it('has no more rights when it comes in by the record of the slot', async () => {
    const inside = await prepare();
    const { pid = 0 } = findSlot(stateDir, inside.slot);
    expect(await runTool(enterArgv(pid, ['mount', '-t', 'tmpfs', 'none', '/tmp']))).toMatchObject({
      ok: false,
    });
  });

  it.skipIf(noPerl !== '')(`cannot write to the program that leads in${noPerl}`, async () => {
    const inside = await prepare();
    const spy = host.run(inside, ['perl', '-e', openEntering]);
    let isOver = false;
    void spy.finally(() => {
      isOver = true;
    });
    while (!isOver) await host.run(inside, ['true']);
    expect(await spy).toMatchObject({ stdout: expect.stringMatching(/^ro,/) });
  });

  it('still does all that installing packages needs: owners, modes, groups, other users, signals', async () => {
    const inside = await prepare({ freshDirs: [{ path: '/work', owner: host.nobody }] });
    const text = `
      set -e
      echo 'games2:x:4711:' >>/etc/group; echo 'games2:x:4711:4711::/:/bin/sh' >>/etc/passwd
      mkdir -p d/e; echo x >d/f; chown -R 4711:4711 d; chmod 4755 d/f; tar -cf t.tar d; rm -r d; tar -xpf t.tar
      stat -c '%u %g %a' d/f
      setpriv --reuid=4711 --regid=4711 --init-groups sh -c 'id -u; id -G; echo y >d/e/g'
      stat -c '%u %g' d/e/g
      setpriv --reuid=4711 --regid=4711 --clear-groups sleep 100 & sleep 0.1; kill $!
      wait $! 2>/dev/null || echo killed
      mkfifo p; ln d/f hard; chroot / true; grep -c . /proc/self/uid_map`;
    expect(await host.shell(inside, text, { cwd: '/work' })).toBe(
      '4711 4711 4755\n4711\n4711\n4711 4711\nkilled\n1\n',
    );
  });
});

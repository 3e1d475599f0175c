import {
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Sandbox, SandboxSpec } from '../../../src/sandbox/driver.ts';
import { enterArgv, findSlot } from '../../../src/sandbox/enter.ts';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import { runTool } from '../../../src/sandbox/process.ts';
import * as host from '../support/host.ts';

const { emptySpec, nobody, run, shell, slot, systemDirs } = host;

describe.skipIf(host.noSandboxes !== undefined)(host.suiteTitle('a sandbox of driver linux'), () => {
  let stateDir: string;
  let sandbox: Sandbox | undefined;
  const prepare = async (spec: Partial<SandboxSpec> = {}, storage: 'disk' | 'tmpfs' = 'disk') => {
    sandbox = await createLinuxDriver({ stateDir, storage, systemDirs }).prepare(slot, {
      ...emptySpec,
      ...spec,
    });
    return sandbox;
  };

  beforeEach(() => {
    stateDir = host.makeStateDir();
    sandbox = undefined;
  });
  afterEach(async () => {
    await sandbox?.destroy();
    expect(host.leftovers(stateDir)).toEqual([]);
    host.removeTempDir(dirname(stateDir));
  });

  it('drops what is written to system directories and never changes the host', async () => {
    const inside = await prepare();
    const name = `bulkmesh-test-${process.pid}`;
    expect(
      await shell(inside, `echo x >/usr/bin/${name} && rm /etc/hostname /bin/true && cat /usr/bin/${name}`),
    ).toBe('x\n');
    expect(existsSync(`/usr/bin/${name}`)).toBe(false);
    expect(existsSync('/bin/true')).toBe(true);
    await inside.destroy();
    const next = await prepare();
    expect(await shell(next, `test -e /bin/true && ls /usr/bin/${name}`)).toContain('[2]');
  });

  it.each(['disk', 'tmpfs'] as const)(
    'has a root, devices and temporary directories of its own on %s',
    async (storage) => {
      const inside = await prepare({}, storage);
      expect(await shell(inside, 'ls /; stat -c %a /tmp /var/tmp /dev/null /dev/shm')).toBe(
        'bin\ndev\netc\nhome\nlib\nlib64\nproc\nroot\nrun\nsbin\nsys\ntmp\nusr\nvar\n1777\n1777\n666\n1777\n',
      );
      expect(
        await shell(
          inside,
          'echo a >/dev/null; head -c 3 /dev/zero | wc -c; echo b >/dev/shm/x; cat /dev/fd/0 </etc/passwd | head -c 4',
        ),
      ).toBe('3\nroot');
      expect(await shell(inside, 'cat /etc/resolv.conf')).toBe(readFileSync('/etc/resolv.conf', 'utf8'));
    },
  );

  it('hides the content that the host has in the prefix, and shows that of the kit', async () => {
    const kit = join(dirname(stateDir), 'kit');
    mkdirSync(`${kit}/usr/lib/pkgdb`, { recursive: true });
    writeFileSync(`${kit}/usr/lib/tool`, 'from the kit');
    mkdirSync(`${kit}/usr/share`, { recursive: true });
    writeFileSync(`${kit}/usr/share/bulkmesh-kit`, 'beside the host');
    const spec = { kitDir: kit, opaqueDirs: ['/usr/include', '/usr/share/man', '/usr/share/man/db'] };
    const inside = await prepare(spec);
    expect(await shell(inside, 'ls -A /usr/include /usr/share/man')).toBe(
      '/usr/include:\n\n/usr/share/man:\ndb\n',
    );
    expect(await shell(inside, 'cat /usr/lib/tool /usr/share/bulkmesh-kit; ls /usr/share | wc -l')).toMatch(
      /^from the kitbeside the host\d\d+\n$/,
    );
    await inside.destroy();
    mkdirSync(`${kit}/usr/include`);
    writeFileSync(`${kit}/usr/include/one.h`, '');
    const next = await prepare(spec);
    expect(await shell(next, 'ls /usr/include; rm /usr/include/one.h')).toBe('one.h\n');
    expect(existsSync(`${kit}/usr/include/one.h`)).toBe(true);
  });

  it('shows a shared directory read-only, writable, or writable for a while', async () => {
    const shared = join(dirname(stateDir), 'shared');
    for (const name of ['ro', 'rw', 'scratch']) {
      mkdirSync(`${shared}/${name}`, { recursive: true });
      writeFileSync(`${shared}/${name}/old`, 'old');
    }
    const inside = await prepare({
      shares: (['ro', 'rw', 'scratch'] as const).map((access) => ({
        source: `${shared}/${access}`,
        target: `/content/${access}`,
        access,
      })),
    });
    expect(await shell(inside, 'echo new >/content/ro/old')).toMatch(/Read-only file system/);
    expect(await shell(inside, 'mount -o remount,rw /content/ro', { user: nobody })).not.toBe('');
    expect(
      await shell(
        inside,
        'printf new >/content/rw/old; printf new >/content/scratch/old; cat /content/*/old',
      ),
    ).toBe('oldnewnew');
    await inside.destroy();
    expect(['ro', 'rw', 'scratch'].map((name) => readFileSync(`${shared}/${name}/old`, 'utf8'))).toEqual([
      'old',
      'new',
      'old',
    ]);
  });

  it('makes fresh directories for their owner', async () => {
    const inside = await prepare({
      freshDirs: [
        { path: '/work/obj', owner: nobody },
        { path: '/usr/home', owner: undefined },
      ],
    });
    expect(
      await shell(inside, 'stat -c "%u %g %a" . /usr/home; echo x >here', { user: nobody, cwd: '/work/obj' }),
    ).toBe('65534 65534 755\n0 0 755\n');
  });

  it('runs a command with exactly its user, groups, environment and directory', async () => {
    const inside = await prepare();
    await shell(inside, 'echo extra:x:4242:nobody >>/etc/group; echo other:x:4243:root >>/etc/group');
    expect(
      await shell(inside, 'id -u; id -G; pwd; env | sort; grep NoNewPrivs /proc/self/status', {
        user: nobody,
        cwd: '/var/tmp',
        env: { PATH: '/usr/bin', A: 'it\'s "$HOME"' },
      }),
    ).toBe('65534\n65534 4242\n/var/tmp\nA=it\'s "$HOME"\nPATH=/usr/bin\nPWD=/var/tmp\nNoNewPrivs:\t1\n');
    expect(await shell(inside, 'id -u; grep NoNewPrivs /proc/self/status')).toBe('0\nNoNewPrivs:\t0\n');
    expect(
      await shell(inside, 'id -u; id -G', { user: { name: 'unheard-of', uid: 7777, gid: 7778, home: '/' } }),
    ).toBe('7777\n7778\n');
  });

  it('cuts the network off unless a command may have it', async () => {
    const inside = await prepare();
    const links = 'cat /proc/net/dev | wc -l';
    expect(await shell(inside, links)).toBe('3\n');
    const outside = readFileSync('/proc/net/dev', 'utf8').split('\n').length - 1;
    expect(await shell(inside, links, { network: true })).toBe(`${outside}\n`);
  });

  it('tells how a command ended and what it cost', async () => {
    const inside = await prepare();
    expect(await run(inside, ['sh', '-c', 'exit 7'])).toMatchObject({ kind: 'exited', code: 7 });
    expect(await run(inside, ['/nonesuch'])).toMatchObject({ kind: 'exited', code: 127 });
    expect(await run(inside, ['true'], { cwd: '/nonesuch' })).toEqual({
      kind: 'trouble',
      detail: 'no directory /nonesuch inside',
    });
    const busy = await run(inside, ['sh', '-c', 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done']);
    expect(busy.kind === 'exited' && busy.cpuMs).toBeGreaterThan(20);
    const cut = await run(inside, ['sh', '-c', 'yes | head -c 500000'], {
      output: { kind: 'capture', maxBytes: 1000 },
    });
    expect(cut.kind === 'exited' && cut.stdout.length).toBe(1000);
  });

  it("writes a command's output straight to log descriptors, one or two", async () => {
    const inside = await prepare();
    const log = join(dirname(stateDir), 'log');
    const fd = openSync(log, 'a');
    await shell(inside, 'echo one; echo two >&2', { output: { kind: 'log', fd } });
    await shell(inside, 'echo three; echo four >&2', {
      output: { kind: 'split', stdoutFd: fd, stderrFd: openSync('/dev/null', 'w') },
    });
    expect(readFileSync(log, 'utf8')).toBe('one\ntwo\nthree\n');
  });

  it('settles when the command ends, although a daemon holds its output open', async () => {
    const inside = await prepare();
    expect(await shell(inside, 'echo said; setsid sleep 98765 & exit 0')).toBe('said\n');
  });

  it('kills at abort the command alone, with its children and their sessions', async () => {
    const inside = await prepare();
    const other = run(inside, ['sh', '-c', 'sleep 1; echo still here']);
    const abort = new AbortController();
    const doomed = run(inside, ['sh', '-c', 'setsid sh -c "sleep 98761; :" & sleep 98762 & sleep 98763'], {
      signal: abort.signal,
    });
    await host.waitUntil(() => host.processesWith('98761').length > 0);
    abort.abort();
    expect(await doomed).toMatchObject({ kind: 'aborted' });
    expect(await shell(inside, 'ps ax | grep -c "[s]leep 9876"')).toBe('0\n[1]');
    expect(await other).toMatchObject({ stdout: 'still here\n' });
    expect(await run(inside, ['true'], { signal: abort.signal })).toMatchObject({ kind: 'aborted' });
  });

  it('kills at abort even what left its session and its parent, when nothing else runs', async () => {
    const inside = await prepare();
    const abort = new AbortController();
    const doomed = shell(inside, 'setsid sh -c "sleep 98764 &" & wait; sleep 98766', {
      signal: abort.signal,
    });
    await host.waitUntil(() => host.processesWith('98766').length > 0);
    abort.abort();
    await doomed;
    expect(await shell(inside, 'ps ax | grep -c "[s]leep 9876"')).toBe('0\n[1]');
  });

  it('kills everything inside but its init, and stays usable', async () => {
    const inside = await prepare();
    await shell(inside, 'setsid sleep 98767 & (setsid sh -c "sleep 98768 &" &) ; sleep 0.2');
    const doomed = run(inside, ['sleep', '98769']);
    await host.waitUntil(() => host.processesWith('98769').length > 0);
    await inside.killAll();
    expect((await doomed).kind).not.toBe('aborted');
    expect(await shell(inside, 'ps ax | grep -c "[s]leep 9876"')).toBe('0\n[1]');
  });

  it('ends with every process inside dead, however it detached itself', async () => {
    const inside = await prepare();
    await shell(
      inside,
      '(setsid sh -c "trap : TERM; exec 1>&-; cd /tmp; sleep 98770 & sleep 98771" &); sleep 0.3',
    );
    expect(host.processesWith('98770')).not.toEqual([]);
    const doomed = run(inside, ['sleep', '98772']);
    await inside.destroy();
    expect(host.processesWith('9877')).toEqual([]);
    expect(await doomed).toMatchObject({ kind: 'trouble' });
    expect(await run(inside, ['true'])).toMatchObject({
      kind: 'trouble',
      detail: 'the sandbox build-1 is gone',
    });
    await inside.destroy();
  });

  it('deletes no farther than its own layers, whatever a package linked or forbade', async () => {
    const outside = join(dirname(stateDir), 'outside');
    mkdirSync(outside);
    writeFileSync(`${outside}/precious`, '');
    symlinkSync(outside, join(dirname(stateDir), 'alias'));
    const inside = await prepare({ freshDirs: [{ path: '/work', owner: nobody }] });
    await shell(
      inside,
      `ln -s ${outside} link; ln -s ${outside}/precious file; mkdir -p deep/er; chmod 0 deep`,
      { user: nobody, cwd: '/work' },
    );
    await shell(
      inside,
      `ln -s ${outside} /home/x; ln -s / /usr/lib/all; mkfifo /tmp/pipe; mount -t tmpfs none /tmp`,
    );
    await inside.destroy();
    expect(lstatSync(`${outside}/precious`).isFile()).toBe(true);
  });

  it('tells the size of a directory inside, and 0 for one that is not there', async () => {
    const inside = await prepare();
    await shell(inside, 'mkdir /tmp/big; head -c 300000 /dev/zero >/tmp/big/file');
    expect(await inside.diskUsage('/tmp/big')).toBeGreaterThan(299_000);
    expect(await inside.diskUsage('/nonesuch')).toBe(0);
  });

  it('can be entered from another process by what its record says', async () => {
    const inside = await prepare();
    await shell(inside, 'echo seen >/tmp/mark');
    const { pid, dir } = findSlot(stateDir, slot);
    expect(dir).toBe(`${stateDir}/slots/build-1`);
    expect((await runTool(enterArgv(pid ?? 0, ['cat', '/tmp/mark']))).stdout).toBe('seen\n');
    await inside.destroy();
    expect(findSlot(stateDir, slot).pid).toBeUndefined();
  });
});

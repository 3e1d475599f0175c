import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findOccupants, killOccupants } from '../../../src/sandbox/cleanup/occupants.ts';
import { isRunning, readProcess } from '../../../src/sandbox/proc.ts';
import { runTool } from '../../../src/sandbox/process.ts';
import {
  emptySpec,
  listLeft,
  mountsDriver,
  nobody,
  refusal,
  scriptDriver,
  slot,
  tell,
} from './chroot-place.ts';
import { foundingScripts } from './founding.ts';
import { scriptScenes } from './script-scenes.ts';

type Scene = (dir: string) => Promise<unknown>;

/** What happens in the mount namespace of its own; each returns what it saw. */
export const scenes: Readonly<Record<string, Scene>> = {
  shows: async (dir) => {
    const kit = join(dir, 'kit');
    mkdirSync(join(kit, 'usr/pkg/bin'), { recursive: true });
    writeFileSync(join(kit, 'usr/pkg/bin/tool'), 'from the kit');
    writeFileSync(join(kit, 'kit-mark'), 'beside the prefix');
    for (const access of ['ro', 'rw', 'scratch']) {
      mkdirSync(join(dir, access));
      writeFileSync(join(dir, access, 'old'), access);
    }
    const sandbox = await mountsDriver(dir).prepare(slot, {
      kitDir: kit,
      opaqueDirs: ['/usr/pkg', '/usr/pkg/pkgdb'],
      shares: (['ro', 'rw', 'scratch'] as const).map((access) => ({
        source: join(dir, access),
        target: `/content/${access}`,
        access,
      })),
      freshDirs: [{ path: '/work', owner: nobody }],
    });
    const seen = {
      root: await tell(sandbox, 'ls / | tr "\\n" " "'),
      prefix: await tell(sandbox, 'cat /usr/pkg/bin/tool /kit-mark; ls /usr/pkg/pkgdb; ls -d /usr/bin'),
      writes: await tell(
        sandbox,
        'for d in /usr/bin /content/ro /content/rw /content/scratch /usr/pkg /etc /tmp; do touch $d/new 2>/dev/null && echo $d; done',
      ),
      user: await tell(sandbox, 'id -u; touch /work/mine && stat -c %u /work/mine; touch /x 2>&1', nobody),
      secrets: await tell(sandbox, "cut -d: -f2 /etc/shadow | sort -u | tr '\\n' ' '"),
      devices: await tell(
        sandbox,
        'echo x >/dev/null; head -c 2 /dev/zero | wc -c; ls /dev/pts /dev/shm | wc -l',
      ),
      size: (await sandbox.diskUsage('/usr/pkg')) > 0,
    };
    await sandbox.destroy();
    return { ...seen, left: listLeft(dir), host: readFileSync(join(dir, 'scratch/old'), 'utf8') };
  },

  kills: async (dir) => {
    const sandbox = await mountsDriver(dir).prepare(slot, emptySpec);
    const root = join(dir, 'state/slots', slot, 'root');
    await tell(
      sandbox,
      '(trap "" TERM HUP; setsid sh -c "exec >/dev/null 2>&1; cd /tmp; sleep 98100 & sleep 98101" &); sleep 0.2',
    );
    const opener = spawn('sh', ['-c', 'exec 3>"$0"; echo open; exec sleep 98102', `${root}/tmp/file`]);
    const bystander = spawn('sleep', ['98103']);
    await once(opener.stdout, 'data');
    const found = readProcess(bystander.pid ?? 0);
    const ends = once(opener, 'exit');
    await sandbox.destroy();
    const [, signal] = await ends;
    const bystands = found !== undefined && isRunning(found);
    bystander.kill();
    const { stdout } = await runTool(['ps', '-A', '-o', 'args=']);
    const sleepers = stdout
      .split('\n')
      .filter((line) => /sleep 981\d\d/.test(line) && !line.includes('98103'));
    return { signal, bystands, sleepers, left: listLeft(dir) };
  },

  /** Who has taken a mount namespace of its own inside, as known without control groups, and one that looks alike. */
  hides: async (dir) => {
    const sandbox = await mountsDriver(dir).prepare(slot, emptySpec);
    const root = join(dir, 'state/slots', slot, 'root');
    const script = 'exec >/dev/null 2>&1; unshare --mount setsid sleep 98107 & sleep 0.3';
    await tell(sandbox, script);
    // Its root has the same name where it lives, and is another directory.
    const other = join(dir, 'other');
    mkdirSync(other);
    const alike = 'mount --rbind / "$1" && mount --bind "$1" "$2" && cd "$2" && exec chroot . sleep 98108';
    const words = ['--mount', '--propagation', 'private', 'sh', '-c', alike, 'sh', other, root];
    const double = spawn('unshare', words, { stdio: 'ignore' });
    await delay(500);
    const found = (await findOccupants(join(dir, 'state/slots', slot))).map(({ name, tie }) => [name, tie]);
    const killed = await killOccupants(root);
    await delay(50);
    const doubles = double.exitCode === null && double.signalCode === null;
    double.kill('SIGKILL');
    await sandbox.destroy();
    return { found, killed, doubles, left: listLeft(dir) };
  },

  bomb: async (dir) => {
    const sandbox = await mountsDriver(dir).prepare(slot, emptySpec);
    await sandbox.fit({ limits: { memoryBytes: undefined, processes: 60 }, work: { kind: 'disk' } });
    // Bounded twice: a host without control groups must live through its test, too.
    const text = 'f() { while :; do sleep 981.04 & f & done; }; (f & f &) >/dev/null 2>&1; sleep 0.5';
    await tell(sandbox, `prlimit --nproc=300 sh -c '${text}'`, { ...nobody, uid: 64001 });
    const { processRefusals } = await sandbox.usage();
    await sandbox.destroy();
    const { stdout } = await runTool(['ps', '-A', '-o', 'args=']);
    const sleepers = stdout.split('\n').filter((line) => line.includes('981.04')).length;
    return { refused: processRefusals === undefined || processRefusals > 0, sleepers, left: listLeft(dir) };
  },

  dirt: async (dir) => {
    mkdirSync(join(dir, 'precious'));
    writeFileSync(join(dir, 'precious/file'), 'kept');
    const share = { source: join(dir, 'precious'), target: '/precious', access: 'rw' } as const;
    const sandbox = await mountsDriver(dir).prepare(slot, {
      ...emptySpec,
      shares: [share],
      freshDirs: [{ path: '/work', owner: nobody }],
    });
    await tell(sandbox, 'ln -s /etc /work/etc; mkdir -p /work/deep/er; chmod 0 /work/deep', nobody);
    // A host directory, left mounted by hand; a mount of the sandbox's own; a busy file; what nobody may delete.
    const { ok } = await runTool([
      'mount',
      '--bind',
      join(dir, 'precious'),
      join(dir, 'state/slots', slot, 'root/work/deep'),
    ]);
    await tell(sandbox, 'mount -t tmpfs none /tmp; touch /var/fast; chattr +i /var/fast 2>/dev/null; true');
    await sandbox.destroy();
    return { ok, kept: readFileSync(join(dir, 'precious/file'), 'utf8'), left: listLeft(dir) };
  },

  fails: async (dir) => {
    const driver = mountsDriver(dir);
    mkdirSync(join(dir, 'shared'));
    const shares = [{ source: join(dir, 'shared'), target: '/bin/shared', access: 'ro' }] as const;
    const first = await refusal(driver.prepare(slot, { ...emptySpec, shares: [...shares] }));
    const absent = { source: join(dir, 'nonesuch'), target: '/nonesuch', access: 'ro' } as const;
    const second = await refusal(driver.prepare(slot, { ...emptySpec, shares: [absent] }));
    const left = listLeft(dir);
    const sandbox = await driver.prepare(slot, emptySpec);
    await sandbox.destroy();
    return { first, second, left };
  },

  beside: async (dir) => {
    mkdirSync(join(dir, 'chroot/pkgsrc-build-1'), { recursive: true });
    writeFileSync(join(dir, 'chroot/pkgsrc-build-1/theirs'), 'kept');
    const chrootDir = join(dir, 'chroot/pkgsrc');
    const driver = mountsDriver(dir, { chrootDir, storage: 'tmpfs' });
    const foreign = await refusal(driver.prepare(slot, emptySpec));
    const kept = readFileSync(join(dir, 'chroot/pkgsrc-build-1/theirs'), 'utf8');
    await runTool(['rm', '-r', join(dir, 'chroot/pkgsrc-build-1')]);
    const sandbox = await driver.prepare(slot, emptySpec);
    const during = listLeft(dir).filter((line) => !line.startsWith('mount'));
    const other = await refusal(mountsDriver(dir, { state: 'other', chrootDir }).prepare(slot, emptySpec));
    await mountsDriver(dir, { state: 'other', chrootDir }).sweep();
    const works = await tell(sandbox, 'stat -f -c %T /var');
    await sandbox.destroy();
    symlinkSync('/', join(dir, 'link'));
    const behind = mountsDriver(dir, { chrootDir: join(dir, 'nodir/x') });
    return {
      foreign,
      kept,
      during,
      other,
      works,
      left: listLeft(dir),
      absent: await refusal(behind.prepare(slot, emptySpec)),
    };
  },

  /** An agent that is killed while it holds one, and the next that sweeps. Where: `state` or `beside`. */
  sweeps: async (dir) => {
    const reports: unknown[] = [];
    for (const where of ['state', 'beside', 'script']) {
      const holder = spawn(
        process.execPath,
        [join(import.meta.dirname, 'chroots.ts'), `hold-${where}`, dir],
        {
          stdio: ['pipe', 'pipe', 'inherit'],
        },
      );
      await once(holder.stdout, 'data');
      const before = listLeft(dir).length;
      const gone = once(holder, 'exit');
      holder.kill('SIGKILL');
      await gone;
      const { processesKilled, mountsRemoved, left } = await driverFor(where, dir).sweep();
      reports.push({
        where,
        held: before > 0,
        processesKilled,
        some: mountsRemoved > 0,
        left,
        still: listLeft(dir),
      });
    }
    return reports;
  },
  'hold-state': (dir) => hold('state', dir),
  'hold-beside': (dir) => hold('beside', dir),
  'hold-script': (dir) => hold('script', dir),
  ...scriptScenes,
};

function driverFor(where: string, dir: string) {
  mkdirSync(join(dir, 'chroot'), { recursive: true });
  switch (where) {
    case 'state':
      return mountsDriver(dir);
    case 'beside':
      return mountsDriver(dir, { chrootDir: join(dir, 'chroot/pkgsrc') });
    default:
      return scriptDriver(dir, ...foundingScripts(dir));
  }
}

async function hold(where: string, dir: string): Promise<never> {
  const sandbox = await driverFor(where, dir).prepare(slot, emptySpec);
  await tell(sandbox, '(setsid sh -c "exec >/dev/null 2>&1; sleep 98110" &)');
  process.stdout.write('up\n');
  return new Promise(() => undefined);
}

import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leftovers, processesWith, removeTempDir, waitUntil } from '../support/host.ts';
import {
  isRoot,
  makeOrdinaryDir,
  noOrdinary,
  ordinaryTitle,
  ordinaryUid,
  spawnOrdinary,
  tellAfterMounts,
  tellOrdinary,
} from '../support/ordinary.ts';

describe.skipIf(noOrdinary !== undefined)(ordinaryTitle('a sandbox without root'), () => {
  let dir: string;
  beforeEach(() => {
    dir = makeOrdinaryDir();
  });
  afterEach(() => {
    expect(leftovers(join(dir, 'state'))).toEqual([]);
    removeTempDir(dir);
  });
  const tell = (storage: string, ...texts: readonly string[]) =>
    tellOrdinary('sandbox', dir, storage, ...texts);

  it.each(['disk', 'tmpfs'])(
    'makes its account root of a root directory of its own on %s',
    async (storage) => {
      expect(
        await tell(
          storage,
          'id -u; id -g; mkdir /usr/pkg/bin /var/db/x; ls -A /usr/pkg; stat -c %a /tmp /dev/shm',
          'echo a >/dev/null; head -c 3 /dev/zero | wc -c; exec 9<>/dev/ptmx && echo terminal',
          'rm -r /var/log; mkdir /var/log; touch /usr/new; ls -A /var/log; ls /usr/new',
        ),
      ).toEqual(['0\n0\nbin\n1777\n1777\n', '3\nterminal\n', '/usr/new\n', []]);
      expect(existsSync('/usr/new')).toBe(false);
      expect(existsSync('/usr/pkg/bin')).toBe(false);
    },
  );

  it('keeps what was installed as a layer, and goes on above it', async () => {
    const install = 'layer mkdir /usr/pkg/lib; echo 1 >/usr/pkg/lib/one';
    expect(
      await tell('disk', install, 'cat /usr/pkg/lib/one; echo 2 >/usr/pkg/lib/one && echo written'),
    ).toEqual(['kept', '1\nwritten\n', []]);
  });

  it('has its work area in memory, and the build user can write there', async () => {
    expect(await tell('memory', 'stat -f -c %T /work', 'user echo a >/work/file; cat /work/file')).toEqual([
      'tmpfs\n',
      'a\n',
      [],
    ]);
  });

  it('changes the host in the writable share alone, as its account', async () => {
    const write = (access: string) => `echo new >/${access}/file; cat /${access}/file`;
    expect(
      await tell(
        'disk',
        write('ro'),
        'mount -o remount,rw /ro',
        write('rw'),
        write('scratch'),
        'mkdir /rw/dir',
      ),
    ).toEqual([
      expect.stringMatching(/^of the host\n.*Read-only file system/s),
      expect.stringContaining('[32]'),
      'new\n',
      'new\n',
      '',
      [],
    ]);
    const read = (access: string) => readFileSync(join(dir, access, 'file'), 'utf8');
    expect(['ro', 'rw', 'scratch'].map(read)).toEqual(['of the host\n', 'new\n', 'of the host\n']);
    expect(statSync(join(dir, 'rw/dir')).uid).toBe(ordinaryUid);
  });

  it('lets nobody inside mount, see other processes of the account, or read what the host hides', async () => {
    const [mount, processes, shadow] = [
      'mount -t tmpfs none /tmp; umount /ro',
      'ps ax -o args= | grep -c "[o]rdinary-sandbox"',
      'cat /etc/shadow',
    ];
    expect(await tell('disk', mount, processes, shadow)).toEqual([
      expect.stringMatching(/mount: \/tmp: .*umount: \/ro: .*\[32\]/s),
      '0\n[1]',
      '',
      [],
    ]);
  });

  it('shows the build user its own number and no right of root, so that archives of anybody unpack', async () => {
    expect(
      await tell(
        'disk',
        'user id -u; id -g; grep -E "CapEff|NoNew" /proc/self/status; ls /proc/self/fd | wc -l',
        'user mkdir a; touch a/f; tar -cf a.tar --owner=4711 --group=4712 a; tar -xf a.tar; stat -c "%u %g" a/f',
        'chown root:root /work/a/f; stat -c "%u %g" /work/a/f',
      ),
    ).toEqual([
      expect.stringMatching(/^4321\n4322\nCapEff:\t0+\nNoNewPrivs:\t1\n\d\n$/),
      '4321 4322\n',
      '0 0\n',
      [],
    ]);
  });

  it('cuts the network off unless a command may have it', async () => {
    const links = 'wc -l </proc/net/dev';
    const outside = readFileSync('/proc/net/dev', 'utf8').split('\n').length - 1;
    expect(await tell('disk', links, `net ${links}`)).toEqual(['3\n', `${outside}\n`, []]);
  });

  it('lets packages add accounts to its own copies of the account files', async () => {
    const add =
      'echo new:x:4711:4711::/:/bin/sh >>/etc/passwd; sed -i s/new/old/ /etc/passwd; tail -n 1 /etc/passwd';
    expect(await tell('disk', add)).toEqual(['old:x:4711:4711::/:/bin/sh\n', []]);
  });

  it.skipIf(!isRoot)(
    `shows what the host has mounted below a system directory, and options of mounts stay${isRoot ? '' : ' (SKIPPED: needs root)'}`,
    async () => {
      const mounts = `mount -t tmpfs none /usr/share && touch /usr/share/mounted && mount --bind /etc/passwd /etc/hosts &&
        mount --bind "${dir}" "${dir}" && mount -o remount,bind,nosuid,nodev "${dir}"`;
      const look = 'ls /usr/share; head -c 4 /etc/hosts; touch /usr/pkg/x /usr/new; echo x >>/etc/passwd';
      const change = 'touch /usr/share/x /ro/x';
      expect(await tellAfterMounts(mounts, 'sandbox', dir, 'disk', look, change)).toEqual([
        'mounted\nroot',
        expect.stringMatching(/share\/x'?: Read-only file system\n.*ro\/x'?: Read-only file system\n\[1\]/),
        [],
      ]);
    },
  );

  it('can be entered from another process by what its record says', async () => {
    expect(await tell('disk', 'echo seen >/tmp/mark', 'enter id -u; cat /tmp/mark; umount /ro')).toEqual([
      '',
      expect.stringMatching(/^0\nseen\numount: /),
      [],
    ]);
  });

  it('goes whole, with directories that nobody may enter and processes that detached themselves', async () => {
    const lock = 'mkdir -p /work/a/b /usr/pkg/c; touch /work/a/b/f; chmod 0 /work/a /usr/pkg/c /usr/pkg';
    expect(await tell('disk', lock, '(setsid sh -c "sleep 98795 & sleep 98795" &); sleep 0.1')).toEqual([
      '',
      '',
      [],
    ]);
    expect(processesWith('98795')).toEqual([]);
  });

  it.each(['disk', 'tmpfs'])(
    'leaves no process when its agent is killed, and a sweep removes it (%s)',
    async (storage) => {
      const child = spawnOrdinary('holder', join(dir, 'state'), storage);
      await waitUntil(() => processesWith('98783').length > 0 && processesWith('98782').length > 0);
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      await waitUntil(() => processesWith(`${dir}/state/slots`).length === 0);
      expect(processesWith('9878')).toEqual([]);
      expect(readdirSync(join(dir, 'state/slots'))).toEqual(['build-1']);
      expect(await tellOrdinary('sweep', join(dir, 'state'))).toEqual({
        processesKilled: 0,
        mountsRemoved: 0,
        directoriesRemoved: 1,
        left: [],
      });
    },
  );
});

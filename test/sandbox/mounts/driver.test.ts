import { describe, expect, it } from 'vitest';
import { chrootTitle, noChroots, play } from '../support/play.ts';

describe.skipIf(noChroots !== undefined)(chrootTitle('driver mounts'), { timeout: 300_000 }, () => {
  it('shows the host read-only, the kit in the prefix, shares as asked, and drops what is written elsewhere', async () => {
    expect(await play('shows')).toEqual({
      root: expect.stringMatching(
        /^bin content dev etc home kit-mark (lib\w* )+proc root run sbin sys tmp usr var work $/,
      ),
      prefix: 'from the kitbeside the prefix/usr/bin\n',
      writes: '/content/rw\n/usr/pkg\n/etc\n/tmp\n',
      user: "65534\n65534\ntouch: cannot touch '/x': Permission denied\n[1]",
      secrets: '* ',
      devices: '2\n4\n',
      size: true,
      left: [],
      host: 'scratch',
    });
  });

  it('kills what detached itself and who has a file open inside, and nobody else', async () => {
    expect(await play('kills')).toEqual({ signal: 'SIGKILL', bystands: true, sleepers: [], left: [] });
  });

  it('finds who took a mount namespace of its own inside, and not who has a root of the same name', async () => {
    const found = [['sleep', 'root']];
    expect(await play('hides')).toEqual({ found, killed: 1, doubles: true, left: [] });
  });

  it('bounds a fork bomb where the host has control groups, and kills all of it', async () => {
    expect(await play('bomb')).toEqual({ refused: true, sleepers: 0, left: [] });
  });

  it('deletes no farther than its own directory, whatever is mounted or linked there', async () => {
    expect(await play('dirt')).toEqual({ ok: true, kept: 'kept', left: [] });
  });

  it('leaves nothing of a sandbox that cannot be made', async () => {
    expect(await play('fails')).toEqual({
      first: expect.stringContaining('SANDBOX_SPEC: /bin/shared lies behind /bin'),
      second: 'SANDBOX_SPEC: the shared directory /nonesuch does not exist on this host',
      left: [],
    });
  });

  it('lies where it is told, and leaves alone what is there already and what another agent claims', async () => {
    expect(await play('beside')).toEqual({
      foreign: 'SANDBOX_BUSY: /chroot/pkgsrc-build-1 is already there, and not ours',
      kept: 'kept',
      during: ['state/slots/build-1', 'chroot/pkgsrc-build-1', 'chroot/pkgsrc-build-1.bulkmesh'],
      other: 'SANDBOX_BUSY: /chroot/pkgsrc-build-1 is already there, and not ours',
      works: 'tmpfs\n',
      left: [],
      absent: 'SANDBOX_SPEC: sandbox.chroot_dir is /nodir/x, but there is no /nodir',
    });
  });

  it('is swept by the next life of an agent that was killed, as are chroots of scripts', async () => {
    const swept = { held: true, processesKilled: 2, some: true, left: [], still: [] };
    expect(await play('sweeps')).toEqual([
      { ...swept, where: 'state' },
      { ...swept, where: 'beside' },
      // The operator's own program has unmounted them.
      { ...swept, where: 'script', some: false },
    ]);
  });
});

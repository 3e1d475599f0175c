import { describe, expect, it } from 'vitest';
import { chrootTitle, noChroots, play } from '../support/play.ts';

describe.skipIf(noChroots !== undefined)(chrootTitle('driver script'), { timeout: 300_000 }, () => {
  it('runs packages in what the programs make, with an empty prefix but for the kit', async () => {
    expect(await play('script-works')).toEqual({
      during: ['state/slots/build-1', 'chroot/pkgsrc-build-1', 'chroot/pkgsrc-build-1.bulkmesh'],
      inside: '/usr/pkg:\nbin\n\n/var/db/pkg:\nfrom the kit',
      user: '65534\nmine\n',
      seen: true,
      left: [],
    });
  });

  it('leaves nothing where the program that removes says it did and did not', async () => {
    expect(await play('script-lies')).toEqual({
      ends: Array.from({ length: 4 }, () => 'went well'),
      kept: 'kept',
    });
  });

  it('says what a program did wrong, and touches nothing of the host behind a mount or link of it', async () => {
    const at = '/chroot/pkgsrc-build-1';
    const notOurs = `but ${at} is no directory of root that nobody else can write to`;
    expect(await play('script-fails')).toEqual({
      ends: [
        ['says why', `SANDBOX_PREPARE: /a ${at} exited with 3: the pool is full`],
        ['makes nothing', `SANDBOX_PREPARE: /b says that all went well, but ${at} is not there`],
        ['makes a link', `SANDBOX_PREPARE: /c says that all went well, ${notOurs}`],
        ['mounts there', `SANDBOX_PREPARE: /usr/pkg is to be empty inside, but ${at}/usr/pkg is mounted`],
        ['links there', `SANDBOX_PREPARE: /usr/pkg lies behind ${at}/usr/pkg, which is no directory`],
        ['lets others write', `SANDBOX_PREPARE: /f says that all went well, ${notOurs}`],
        ['shows too little', 'SANDBOX_PREPARE: the new chroot does not show /elsewhere'],
      ],
      kept: 'kept',
    });
  });

  it('never touches a directory that was there before', async () => {
    expect(await play('script-foreign')).toEqual({
      said: 'SANDBOX_BUSY: /chroot/pkgsrc-build-1 is already there, and not ours',
      left: [],
      theirs: true,
      called: false,
    });
  });
});

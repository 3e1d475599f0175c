import { describe, expect, it } from 'vitest';
import { complaintsOf } from './complaints.ts';
import { useContentDir } from './scratch.ts';

describe('the configuration of chroots', () => {
  const content = useContentDir();

  it('says what driver script needs, each with its key', async () => {
    expect(await complaintsOf(content(), '[sandbox]\ndriver = "script"\nchroot_delete = ["rm"]\n')).toEqual([
      ':1: sandbox.chroot_create: is not given, and driver script needs it, name the program',
      ':1: sandbox.chroot_dir: is not given, and driver script needs it, say where chroots are to lie, as /chroot/pkgsrc',
      expect.stringContaining(':3: sandbox.chroot_delete: "rm" is no absolute path'),
    ]);
  });

  it('refuses chroots where chroots would show each other', async () => {
    const text = '[sandbox]\ndriver = "mounts"\nchroot_dir = "pkgsrc/chroots/x"\n';
    expect(await complaintsOf(content(), text)).toEqual([
      expect.stringContaining(
        ':3: sandbox.chroot_dir: /pkgsrc/chroots/x lies in /pkgsrc, which chroots show',
      ),
    ]);
  });

  it('refuses programs that are not there, and chroots among the agent’s own files', async () => {
    const directory = content();
    const lines = [
      '[sandbox]',
      'driver = "script"',
      'chroot_dir = "bulkmesh/slots/x"',
      'chroot_create = ["/nonesuch/mksandbox"]',
      'chroot_delete = ["/bin/rm", "-r"]',
    ];
    expect(await complaintsOf(directory, lines.join('\n'))).toEqual([
      expect.stringContaining(':3: sandbox.chroot_dir: /bulkmesh/slots/x lies in paths.state'),
      expect.stringContaining(':4: sandbox.chroot_create: /nonesuch/mksandbox does not exist'),
    ]);
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findBuildUser, ownAccount } from '../../agent/users.ts';
import { useScratch } from '../store/scratch.ts';

const passwd = `root:x:0:0:root:/root:/bin/sh
toor:*:0:0::/root:/bin/sh
+::::::
broken:x:many:1::/:
pbulk:x:1005:1006:Bulk builder:/home/elsewhere:/bin/sh
`;

describe('the build user', () => {
  const scratch = useScratch();
  const find = (name: string, uid = 0) => {
    const passwdFile = join(scratch(), 'passwd');
    writeFileSync(passwdFile, passwd);
    return findBuildUser(name, { uid, passwdFile });
  };

  it('is taken from the account file with a home of its own', async () => {
    expect(await find('pbulk')).toEqual({ name: 'pbulk', uid: 1005, gid: 1006, home: '/home/pbulk' });
  });

  it('is the agent itself where the agent is not root, whatever the account file says', async () => {
    expect(await find('nosuchuser', 1000)).toBeUndefined();
  });

  it('is in sandboxes of an agent without root its own account, with a home that can be a path', () => {
    const own = ownAccount();
    expect(own).toMatchObject({ uid: process.getuid?.(), gid: process.getgid?.() });
    expect(own.home).toBe(`/home/${own.name}`);
    expect(own.name).toMatch(/^[\w.-]+$/);
  });

  it.each(['nosuchuser', 'broken', '', '+'])(
    'is refused when there is no such account: "%s"',
    async (name) => {
      await expect(find(name)).rejects.toMatchObject({
        code: 'BUILD_USER_MISSING',
        hint: expect.stringContaining('useradd'),
      });
    },
  );

  it('is refused when it is root by another name', async () => {
    await expect(find('toor')).rejects.toMatchObject({ code: 'BUILD_USER_IS_ROOT' });
  });
});

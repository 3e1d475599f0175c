import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import { coverSecrets } from '../../../src/sandbox/linux/secrets.ts';
import * as host from '../support/host.ts';

describe("the host's secrets", () => {
  let dir: string;
  beforeEach(() => {
    dir = host.makeTempDir();
  });
  afterEach(() => host.removeTempDir(dir));

  it('are covered: locked accounts instead of passwords, nothing instead of what not everybody may read', () => {
    mkdirSync(join(dir, 'ssh'));
    mkdirSync(join(dir, 'ssl/private'), { recursive: true });
    writeFileSync(join(dir, 'shadow'), 'root:$y$secret:1:0:9:7:::\ndaemon:*:1::::::\nopen::1::::::\n');
    writeFileSync(join(dir, 'ssh/ssh_host_rsa_key'), 'private');
    writeFileSync(join(dir, 'ssh/ssh_host_rsa_key.pub'), 'public');
    writeFileSync(join(dir, 'ssl/private/server.key'), 'private');
    mkdirSync(join(dir, 'wireguard/peers'), { recursive: true });
    writeFileSync(join(dir, 'wireguard/peers/wg0.conf'), 'private');
    chmodSync(join(dir, 'wireguard'), 0o700);
    writeFileSync(join(dir, 'krb5.keytab'), 'private', { mode: 0o600 });
    writeFileSync(join(dir, 'profile'), 'for all');
    expect(Object.fromEntries(coverSecrets(dir))).toEqual({
      [join(dir, 'shadow')]: 'root:*:1:0:9:7:::\ndaemon:*:1::::::\nopen:*:1::::::\n',
      [join(dir, 'ssh/ssh_host_rsa_key')]: '',
      [join(dir, 'ssl/private/server.key')]: '',
      [join(dir, 'wireguard/peers/wg0.conf')]: '',
      [join(dir, 'krb5.keytab')]: '',
    });
    expect([...coverSecrets(join(dir, 'nonesuch'))]).toEqual([]);
  });

  it.skipIf(host.noSandboxes !== undefined)(
    host.suiteTitle('do not show inside a sandbox, where accounts can still be added'),
    async () => {
      const { systemDirs } = host;
      const stateDir = join(dir, 'state');
      mkdirSync(stateDir);
      const inside = await createLinuxDriver({ stateDir, storage: 'disk', systemDirs }).prepare(
        host.slot,
        host.emptySpec,
      );
      const text =
        'cut -d: -f2 /etc/shadow | sort -u; echo new:!:1:::::: >>/etc/shadow; tail -n 1 /etc/shadow';
      expect(await host.shell(inside, text)).toBe('*\nnew:!:1::::::\n');
      await inside.destroy();
      expect(host.leftovers(stateDir)).toEqual([]);
    },
  );
});

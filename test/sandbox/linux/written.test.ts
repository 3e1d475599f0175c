import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import * as host from '../support/host.ts';

const MIB = 2 ** 20;

describe.skipIf(host.noSandboxes !== undefined)(host.suiteTitle('what a sandbox has written'), () => {
  let stateDir: string;
  beforeEach(() => {
    stateDir = host.makeStateDir();
  });
  afterEach(() => host.removeTempDir(dirname(stateDir)));

  it.each(['disk', 'tmpfs'] as const)('is found before it is twice the bound, on %s', async (storage) => {
    const driver = createLinuxDriver({ stateDir, storage, systemDirs: host.systemDirs });
    const sandbox = await driver.prepare(host.slot, host.emptySpec);
    try {
      expect(await sandbox.writtenBytes?.(20 * MIB)).toBeLessThan(5 * MIB);
      await host.shell(sandbox, 'head -c 42000000 /dev/zero >/usr/large; sync /usr/large');
      expect(await sandbox.writtenBytes?.(20 * MIB)).toBeGreaterThan(40 * MIB);
      await host.shell(sandbox, 'rm /usr/large; head -c 2000000 /dev/zero >/tmp/small');
      if (storage === 'tmpfs') expect(await sandbox.writtenBytes?.(20 * MIB)).toBeLessThan(5 * MIB);
    } finally {
      await sandbox.destroy();
    }
  });
});

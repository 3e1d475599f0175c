import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/driver.ts';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import * as host from '../support/host.ts';

describe.skipIf(host.noSandboxes !== undefined)(host.suiteTitle('a sandbox with hostile files in it'), () => {
  let stateDir: string;
  let inside: Sandbox;
  beforeEach(async () => {
    stateDir = host.makeStateDir();
    const driver = createLinuxDriver({ stateDir, storage: 'disk', systemDirs: host.systemDirs });
    inside = await driver.prepare(host.slot, host.emptySpec);
  });
  afterEach(async () => {
    await inside.destroy();
    expect(host.leftovers(stateDir)).toEqual([]);
    host.removeTempDir(dirname(stateDir));
  });

  it('holds up the command alone, not the agent, with a pipe in place of the group file', async () => {
    await host.shell(inside, 'cp /etc/group /tmp; rm /etc/group; mkfifo /etc/group');
    const held = await host.run(inside, ['true'], { user: host.nobody, signal: AbortSignal.timeout(500) });
    expect(held.kind).toBe('aborted');
    await host.shell(
      inside,
      'rm /etc/group; echo bad:x:1,2:nobody >/etc/group; echo good:x:77:a,nobody >>/etc/group',
    );
    expect(await host.shell(inside, 'id -G', { user: host.nobody })).toBe('65534 77\n');
  });

  it('is emptied of processes even when its shell is broken', async () => {
    const doomed = host.run(inside, ['sh', '-c', '(setsid sleep 98790 &); unshare --pid --fork sleep 98791']);
    await host.waitUntil(
      () => host.processesWith('98791').length > 1 && host.processesWith('98790').length > 0,
    );
    await host.shell(inside, 'p=$(readlink -f /bin/sh); rm $p; mkfifo $p; chmod 755 $p');
    await inside.killAll();
    expect(host.processesWith('9879')).toEqual([]);
    expect((await doomed).kind).not.toBe('aborted');
    expect((await host.run(inside, ['true'])).kind).toBe('trouble');
  });

  it('is emptied of processes that fork without end', async () => {
    const text = 'f() { while :; do sleep 0.98792 & done; }; (f & f &) >/dev/null 2>&1; sleep 0.3';
    await host.run(inside, ['prlimit', '--nproc=400', 'sh', '-c', text]);
    await inside.killAll();
    expect(host.processesWith('0.98792')).toEqual([]);
  });

  it('cannot tell absurd sizes', async () => {
    await host.shell(
      inside,
      'p=$(readlink -f "$(command -v du)"); rm $p; ' +
        'printf "#!/bin/sh\\nprintf %%0400d 9 | tr 0 9\\necho \\" x\\"\\n" >$p; chmod 755 $p; $p | grep -q 99',
    );
    expect(await inside.diskUsage('/tmp')).toBe(0);
  });
});

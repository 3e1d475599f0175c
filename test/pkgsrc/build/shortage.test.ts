import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPackageLogs } from '../../../src/pkgsrc/build/log.ts';
import { PackageRun } from '../../../src/pkgsrc/build/run.ts';
import { checkPkgName } from '../../../src/pkgsrc/name.ts';
import type { Sandbox } from '../../../src/sandbox/driver.ts';
import { describeGroups } from '../../../src/sandbox/linux/cgroup/groups.ts';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import * as host from '../../sandbox/support/host.ts';
import { makePlace, type Place, policy, request } from './fixture.ts';

const MIB = 2 ** 20;
const usable = describeGroups().controllers;
const obstacle =
  host.noSandboxes ??
  (usable.includes('memory') && usable.includes('pids') ? undefined : 'no control groups of memory and pids');
const title = obstacle === undefined ? '' : ` (SKIPPED: ${obstacle})`;

describe.skipIf(obstacle !== undefined)(`a stage in a sandbox with bounds${title}`, () => {
  let place: Place;
  let sandbox: Sandbox;
  beforeEach(async () => {
    place = await makePlace();
    const stateDir = join(place.dir, 'state');
    mkdirSync(stateDir);
    const driver = createLinuxDriver({ stateDir, storage: 'disk', systemDirs: host.systemDirs });
    sandbox = await driver.prepare(host.slot, host.emptySpec);
  });
  afterEach(async () => {
    await sandbox.destroy();
    await place.remove();
  });

  const runStage = async (text: string) => {
    const sandboxLimits = { memoryBytes: 64 * MIB, processes: 50, diskBytes: 30 * MIB };
    await sandbox.fit({ limits: sandboxLimits, work: { kind: 'disk' } });
    const built = request(place, { sandbox, policy: policy({ sandboxLimits }) });
    const run = new PackageRun(built, await openPackageLogs(place.logDir, checkPkgName('tool-1.0')));
    return run.runStage('build', (open) =>
      open.run('make all', {
        ...{
          argv: ['sh', '-c', text],
          env: { PATH: '/usr/bin:/bin' },
          cwd: '/',
          user: undefined,
          network: false,
        },
        ...{ output: { kind: 'log', fd: open.logFd }, signal: new AbortController().signal },
      }),
    );
  };
  const hog = 'x=$(head -c 200000000 /dev/zero | tr "\\0" x)';

  it('is out of memory when one of its processes was killed for it, with limit and peak', async () => {
    expect(await runStage(`sh -c '${hog}' || { echo 'compiler failed'; exit 1; }`)).toEqual({
      kind: 'trouble',
      trouble: 'out-of-memory',
      detail: expect.stringMatching(/^make all: .*killed a process .* 64 MiB; .* up to \d+ MiB$/),
    });
  });

  it('has failed, with the bound, when it was refused a process', async () => {
    expect(await runStage('for i in $(seq 80); do sleep 1 & done; wait; exit 1')).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('limit of 50 processes'),
    });
  });

  it('is killed and has failed, with the figures, when it writes more than it may', async () => {
    expect(await runStage('head -c 70000000 /dev/zero >/usr/large; sync /usr/large; sleep 100')).toEqual({
      kind: 'failed',
      reason: expect.stringMatching(/^make all wrote \d+ MiB, more than the 30 MiB that limits.disk allows$/),
    });
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FaultPoint, faultPoints } from '../../../src/sandbox/faultpoint.ts';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import * as host from '../support/host.ts';
import { readHostState } from '../support/hostState.ts';

const doomed = fileURLToPath(new URL('../support/doomed.ts', import.meta.url));

describe.skipIf(host.noSandboxes !== undefined)(host.suiteTitle('an agent that dies by SIGKILL'), () => {
  let dir: string;
  beforeAll(() => {
    dir = host.makeTempDir();
  });
  afterAll(() => host.removeTempDir(dir));

  async function dieAt(stateDir: string, point: FaultPoint, seconds: string) {
    const env = { ...process.env, NODE_COMPILE_CACHE: join(dir, 'compiled') };
    const child = spawn(process.execPath, [doomed, stateDir, point, seconds], { env });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const [code, signal] = await once(child, 'exit');
    return { code, signal, said };
  }

  it.concurrent.each(faultPoints)(
    'at the step "%s" leaves nothing that the next life does not clean away',
    async (point) => {
      const seconds = String(98_700_000 + faultPoints.indexOf(point));
      const stateDir = join(dir, seconds);
      mkdirSync(stateDir);
      const look = () => readHostState(stateDir, [seconds]);
      const before = look();
      const died = { code: null, signal: 'SIGKILL', said: '' };
      expect(await dieAt(stateDir, point, seconds)).toEqual(died);

      const driver = createLinuxDriver({ stateDir, storage: 'disk', systemDirs: host.systemDirs });
      expect((await driver.sweep()).left).toEqual([]);
      // What the kernel kills by itself may take a moment.
      await host.waitUntil(() => look().processes.length === 0);
      expect(look()).toEqual(before);
      await (await driver.prepare(host.slot, host.emptySpec)).destroy();
      expect(look()).toEqual(before);
    },
  );
});

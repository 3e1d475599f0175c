import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chrootFaultPoints, type FaultPoint, faultPoints } from '../../../src/sandbox/faultpoint.ts';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import { runTool } from '../../../src/sandbox/process.ts';
import * as host from '../support/host.ts';
import { readHostState } from '../support/hostState.ts';

const doomed = fileURLToPath(new URL('../support/doomed.ts', import.meta.url));
const scenes = fileURLToPath(new URL('../support/doomed-scenes.ts', import.meta.url));

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

  it('with driver mounts leaves nothing either, at any step', { timeout: 300_000 }, async () => {
    const below = join(dir, 'mounts');
    mkdirSync(below);
    const { mounts } = readHostState(below);
    const unshare = ['unshare', '--mount', '--propagation', 'private'];
    const done = await runTool([...unshare, process.execPath, scenes, below]);
    const told: unknown = JSON.parse(done.stdout.trim().split('\n').at(-1) || '{}');
    const died = { signal: 'SIGKILL', left: [], isAsBefore: true, rest: [] };
    const each = Object.fromEntries(chrootFaultPoints.map((point) => [point, died]));
    expect(told, done.stderr).toEqual({ ...each, rest: [] });
    expect(readHostState(below, ['98710001'])).toMatchObject({ mounts, processes: [] });
  });
});

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultPoints } from '../../../src/sandbox/faultpoint.ts';
import { createLinuxDriver } from '../../../src/sandbox/linux/driver.ts';
import * as host from '../support/host.ts';
import { readHostState } from '../support/hostState.ts';

const doomed = fileURLToPath(new URL('../support/doomed.ts', import.meta.url));
const marks = ['98770'];

describe.skipIf(host.noSandboxes !== undefined)(host.suiteTitle('an agent that dies by SIGKILL'), () => {
  let stateDir: string;
  const waiting: ChildProcessWithoutNullStreams[] = [];
  beforeAll(() => {
    stateDir = host.makeStateDir();
    // Starting takes longest: the next one starts while the sandboxes of the one before are looked at.
    waiting.push(start(0), start(1));
  });
  afterAll(() => {
    for (const child of waiting) child.kill('SIGKILL');
    host.removeTempDir(dirname(stateDir));
  });

  function start(index: number): ChildProcessWithoutNullStreams {
    return spawn(process.execPath, [doomed, stateDir, faultPoints[index] ?? '']);
  }

  it.each(faultPoints)(
    'at the step "%s" leaves nothing that the next life does not clean away',
    async (point) => {
      const child = waiting.shift() ?? start(faultPoints.indexOf(point));
      if (faultPoints.indexOf(point) + 2 < faultPoints.length)
        waiting.push(start(faultPoints.indexOf(point) + 2));
      const before = readHostState(stateDir, marks);
      const others = waiting.map(({ pid }) => `${pid} `);
      const notOthers = (line: string) =>
        !line.startsWith(`${child.pid} `) && !others.some((pid) => line.startsWith(pid));
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
      child.stdin.write('go\n');
      const [code, signal] = await once(child, 'exit');
      expect({ code, signal, said }).toEqual({ code: null, signal: 'SIGKILL', said: '' });

      const driver = createLinuxDriver({ stateDir, storage: 'disk', systemDirs: host.systemDirs });
      expect((await driver.sweep()).left).toEqual([]);
      // What the kernel kills by itself may take a moment.
      const processes = () => readHostState(stateDir, marks).processes.filter(notOthers);
      await host.waitUntil(() => processes().length === 0);
      expect({ ...readHostState(stateDir, marks), processes: processes() }).toEqual({
        ...before,
        processes: [],
      });

      const again = await driver.prepare(host.slot, host.emptySpec);
      expect(await host.shell(again, 'echo works')).toBe('works\n');
      await again.destroy();
      expect({ ...readHostState(stateDir, marks), processes: processes() }).toEqual({
        ...before,
        processes: [],
      });
    },
  );
});

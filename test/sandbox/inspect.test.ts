import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { inspectProcesses, measureActivity, parsePs } from '../../src/sandbox/inspect.ts';

describe.skipIf(process.platform !== 'linux')('a look at the processes of a command (needs /proc)', () => {
  it('finds the descendants of its leader, each with what it runs, on one line', async () => {
    const child = spawn('/bin/sh', ['-c', 'sleep 3600 & echo up; wait'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(child, 'exit');
    try {
      await once(child.stdout, 'data');
      const views = await inspectProcesses(child.pid ?? 0, 8);
      expect(views.find(({ command }) => command === 'sleep 3600')).toMatchObject({ ppid: child.pid });
      expect(views.every(({ command }) => !/\p{Cc}/u.test(command))).toBe(true);
      expect(await inspectProcesses(child.pid ?? 0, 1)).toHaveLength(1);
    } finally {
      for (const { pid } of await inspectProcesses(child.pid ?? 0, 8)) process.kill(pid, 'SIGKILL');
      await ended;
    }
  });

  it('tells CPU time and bytes written, and nothing of a process that has gone', async () => {
    const before = await measureActivity(process.pid);
    const start = process.cpuUsage();
    while (process.cpuUsage(start).user < 60_000);
    const after = await measureActivity(process.pid);
    expect(after?.cpuMs ?? 0).toBeGreaterThan(before?.cpuMs ?? 0);
    expect(after?.writtenBytes).toBeGreaterThanOrEqual(before?.writtenBytes ?? 0);
    expect(await measureActivity(2 ** 30)).toBeUndefined();
  });
});

it('reads the words of ps of other systems', () => {
  const text = '  12     1 Ss      1:02.50 /sbin/init -x\n 345    12 R  2-03:04:05 make all\nrubbish\n';
  expect(parsePs(text)).toEqual([
    { pid: 12, ppid: 1, state: 'Ss', cpuMs: 62_500, endedCpuMs: 0, name: '/sbin/init -x' },
    { pid: 345, ppid: 12, state: 'R', cpuMs: 183_845_000, endedCpuMs: 0, name: 'make all' },
  ]);
});

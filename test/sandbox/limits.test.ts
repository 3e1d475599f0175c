import { describe, expect, it } from 'vitest';
import { launchCommand } from '../../src/sandbox/command.ts';
import type { Command, CommandResult } from '../../src/sandbox/driver.ts';
import { limitWords } from '../../src/sandbox/limits.ts';

const none = {
  cpuSeconds: undefined,
  files: undefined,
  processes: undefined,
  memoryMiB: undefined,
  fileSizeMiB: undefined,
};

const run = (script: string, changes: Partial<Command> = {}): Promise<CommandResult> =>
  launchCommand({
    enter: [],
    become: ['/usr/bin/env'],
    command: {
      argv: ['/bin/sh', '-c', script],
      env: { PATH: '/usr/bin:/bin' },
      cwd: '/',
      user: undefined,
      network: false,
      output: { kind: 'capture', maxBytes: 10_000 },
      signal: new AbortController().signal,
      ...changes,
    },
    onStart: () => {},
    kill: async () => {},
  });

const isLinux = process.platform === 'linux';
const note = isLinux ? '' : ' (SKIPPED: reads /proc/self/limits)';

describe('the limits of a command', () => {
  it.skipIf(!isLinux)(`hold for whatever it starts${note}`, async () => {
    const limits = { cpuSeconds: 100, files: 64, processes: 5000, memoryMiB: 4096, fileSizeMiB: 3 };
    const result = await run('cat /proc/self/limits', { limits });
    const text = result.kind === 'exited' ? result.stdout.replaceAll(/ +/g, ' ') : '';
    expect(text).toContain('Max cpu time 100 110 seconds');
    expect(text).toContain('Max open files 64 64 files');
    expect(text).toContain('Max processes 5000 5000 processes');
    expect(text).toContain(`Max address space ${4096 * 2 ** 20} ${4096 * 2 ** 20} bytes`);
    expect(text).toContain(`Max file size ${3 * 2 ** 20} ${3 * 2 ** 20} bytes`);
  });

  it.skipIf(!isLinux)(`are those of the agent where none are given, but for core dumps${note}`, async () => {
    const result = await run('ulimit -t; ulimit -f; ulimit -c');
    expect(result).toMatchObject({ stdout: expect.stringMatching(/\n0\n$/) });
  });

  it('end a program that runs away with its CPU time by a signal of its own', async () => {
    const result = await run('while :; do :; done', { limits: { ...none, cpuSeconds: 1 } });
    const code = 128 + 24;
    expect(result).toMatchObject({ kind: 'exited', code });
  });

  it('do not keep a command from running where they cannot be set', async () => {
    const limits = { ...none, files: 2 ** 40, cpuSeconds: 2 ** 60 };
    expect(await run('echo ran', { limits })).toMatchObject({ kind: 'exited', code: 0, stdout: 'ran\n' });
  });

  it('are words that no shell could take for anything else', () => {
    expect(limitWords(undefined)).toEqual(['-', '-', '-', '-', '-', '-']);
    expect(limitWords({ ...none, memoryMiB: 2, fileSizeMiB: 1 })).toEqual([
      '-',
      '-',
      '-',
      '-',
      '2048',
      '2048',
    ]);
  });
});

describe('the standard input of a command', () => {
  it('is the text that it is given, then its end', async () => {
    const input = `PKGNAME=tool-1.0\n${'x'.repeat(200_000)}\n`;
    const result = await run('wc -c', { input });
    expect(result).toMatchObject({ kind: 'exited', code: 0, stdout: `${input.length}\n` });
  });

  it('may be left unread', async () => {
    const result = await run('exit 4', { input: 'x'.repeat(1_000_000) });
    expect(result).toMatchObject({ kind: 'exited', code: 4 });
  });

  it('is empty when there is none', async () => {
    expect(await run('wc -c')).toMatchObject({ stdout: '0\n' });
  });
});

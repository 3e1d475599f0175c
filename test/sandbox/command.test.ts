import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Launch, launchCommand } from '../../src/sandbox/command.ts';
import type { CommandResult } from '../../src/sandbox/driver.ts';

type Hooks = Pick<Launch, 'onStart' | 'kill'> & { readonly signal: AbortSignal };

/** Runs a program outside any sandbox, behind `enter`. */
const launch = (
  enter: readonly string[],
  argv: readonly string[],
  { signal = new AbortController().signal, ...hooks }: Partial<Hooks> = {},
): Promise<CommandResult> =>
  launchCommand({
    enter,
    become: ['/usr/bin/env'],
    command: {
      argv,
      env: { PATH: '/usr/bin:/bin' },
      cwd: '/',
      user: undefined,
      network: false,
      output: { kind: 'capture', maxBytes: 1000 },
      signal,
    },
    onStart: () => {},
    kill: async () => {},
    ...hooks,
  });

/** What this process has open, by the kernel's names. */
const listOpen = (): readonly string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return [];
    }
  });

describe('the end of a command', () => {
  it('is its exit code and output', async () => {
    const result = await launch([], ['/bin/sh', '-c', 'echo said; exit 3']);
    expect(result).toMatchObject({ kind: 'exited', code: 3, stdout: 'said\n' });
  });

  it('is trouble when a signal comes each time before the program can start: no package is blamed for it', async () => {
    const result = await launch(['/bin/sh', '-c', 'kill -INT $$'], ['/bin/true']);
    expect(result).toMatchObject({ kind: 'trouble', detail: expect.stringContaining('SIGINT') });
  });

  it('is its own when a Ctrl-C came before the program could start: it is started again', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'bulkmesh-command-'));
    try {
      const once = 'mkdir "$0" 2>/dev/null && kill -INT $$; exec "$@"';
      const result = await launch(['/bin/sh', '-c', once, join(dir, 'came')], ['/bin/echo', 'said']);
      expect(result).toMatchObject({ kind: 'exited', code: 0, stdout: 'said\n' });
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it('is the signal when what runs the program was killed after its start', async () => {
    const result = await launch([], ['/bin/sh', '-c', 'kill -KILL $PPID']);
    expect(result).toMatchObject({ kind: 'signalled', signal: 'SIGKILL' });
  });

  it('comes although something that the program left behind writes to its output for ever', async () => {
    const result = await launch([], ['/bin/sh', '-c', 'echo said; yes & exit 4']);
    expect(result).toMatchObject({ kind: 'exited', code: 4, stdout: expect.stringMatching(/^said\n/) });
  });

  it('is aborted, with what it left behind killed, when the abort comes after the program has ended', async () => {
    const abort = new AbortController();
    const killed: number[] = [];
    const result = await launch([], ['/bin/sh', '-c', 'yes & exit 0'], {
      signal: abort.signal,
      onStart: () => setTimeout(() => abort.abort(), 500),
      kill: async (leader) => {
        killed.push(leader);
      },
    });
    expect(result.kind).toBe('aborted');
    expect(killed.length).toBe(1);
  });

  it.skipIf(process.platform !== 'linux')(
    'passes nothing on that this process has open: no dead agent looks alive by what a build left',
    async () => {
      const known = listOpen();
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const opened = listOpen().filter((one) => !known.includes(one));
      const result = await launch([], ['/bin/sh', '-c', 'ls -l /proc/$$/fd']);
      server.close();
      const shown = result.kind === 'exited' ? result.stdout : '';
      expect(opened.filter((one) => one.startsWith('socket:'))).not.toEqual([]);
      expect(opened.filter((one) => shown.includes(one))).toEqual([]);
    },
  );

  it('never costs more than numbers can say', async () => {
    const times = 'printf "S\\n0m0s 0m0s\\n%s" "$(printf %0400d 0 | tr 0 9)m1.0s 0m1.0s" >&3';
    const result = await launch(['/bin/sh', '-c', times], ['/bin/true']);
    expect(result).toMatchObject({ kind: 'exited', cpuMs: 0 });
  });
});

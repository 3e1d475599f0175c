import { describe, expect, it } from 'vitest';
import { launchCommand } from '../../src/sandbox/command.ts';
import type { CommandResult } from '../../src/sandbox/driver.ts';

/** Runs a program outside any sandbox, behind `enter`. */
const launch = (enter: readonly string[], argv: readonly string[]): Promise<CommandResult> =>
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
      signal: new AbortController().signal,
    },
    onStart: () => {},
    kill: async () => {},
  });

describe('the end of a command', () => {
  it('is its exit code and output', async () => {
    const result = await launch([], ['/bin/sh', '-c', 'echo said; exit 3']);
    expect(result).toMatchObject({ kind: 'exited', code: 3, stdout: 'said\n' });
  });

  it('is trouble when a signal came before the program could start: no package is blamed for a Ctrl-C', async () => {
    const result = await launch(['/bin/sh', '-c', 'kill -INT $$'], ['/bin/true']);
    expect(result).toMatchObject({ kind: 'trouble', detail: expect.stringContaining('SIGINT') });
  });

  it('is the signal when what runs the program was killed after its start', async () => {
    const result = await launch([], ['/bin/sh', '-c', 'kill -KILL $PPID']);
    expect(result).toMatchObject({ kind: 'signalled', signal: 'SIGKILL' });
  });
});

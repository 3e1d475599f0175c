import { closeSync, openSync } from 'node:fs';
import { SandboxError } from '../error.ts';
import { runTool, toolPath } from '../process.ts';
import type { Account } from './account.ts';

/**
 * The way to change the mounts of a sandbox that is prepared already: the mount namespace in which it was built. That one
 * sees the host's paths, and the inside below the slot's directory; what is mounted there shows inside, and nothing of
 * the host does. No process is in it but the one that waits for the init, and nothing of a sandbox ever runs there.
 */
export interface Late {
  /** Where the root of the inside lies. */
  readonly root: string;
  /**
   * Runs a fixed shell text with these arguments, with the rights that built the slot. Returns what it printed; throws
   * SANDBOX_LATE with what it said when it fails. Only for a moment when nothing runs inside: what the text looks at
   * below `root` must not change under it.
   */
  run(script: string, args: readonly string[]): Promise<string>;
  readonly close: () => void;
}

/** `outer` is a process that is in the namespace. Throws SANDBOX_PREPARE. */
export function openLate(outer: number, slotDir: string, account: Account): Late {
  const fds: number[] = [];
  const handle = (kind: 'mnt' | 'user'): string => {
    const fd = openSync(`/proc/${outer}/ns/${kind}`, 'r');
    fds.push(fd);
    return `/proc/${process.pid}/fd/${fd}`;
  };
  const close = () => {
    for (const fd of fds.splice(0)) closeSync(fd);
  };
  try {
    const users = account.kind === 'root' ? [] : [`--user=${handle('user')}`, '--preserve-credentials'];
    const enter = [toolPath('nsenter'), ...users, `--mount=${handle('mnt')}`, '--'];
    return {
      root: `${slotDir}/root`,
      close,
      run: async (script, args) => {
        if (fds.length === 0) throw lateError('the sandbox is gone');
        const { ok, stdout, stderr } = await runTool([...enter, '/bin/sh', '-c', script, 'late', ...args]);
        if (ok) return stdout;
        throw lateError(stderr);
      },
    };
  } catch (error) {
    close();
    throw new SandboxError('SANDBOX_PREPARE', `cannot reach the mounts of process ${outer}`, {
      cause: error,
    });
  }
}

const lateError = (why: string): SandboxError =>
  new SandboxError('SANDBOX_LATE', `cannot change the mounts of a sandbox: ${why}`, {
    hint: 'look for free memory and disk space on this host; run `bulkmesh doctor`',
  });

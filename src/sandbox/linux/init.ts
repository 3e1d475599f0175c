import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { SandboxError } from '../error.ts';
import { reach } from '../faultpoint.ts';
import { isRunning, killFamilies, type ProcessId, readProcess, signalProcess } from '../proc.ts';
import { findTool, spawnGroup, toolEnv, toolPath } from '../process.ts';
import type { MappedUser } from '../slotIds.ts';
import type { Account } from './account.ts';
import type { Storage } from './build.ts';
import { type Entry, openEntry } from './entry.ts';
import { type Late, openLate } from './late.ts';
import { admitOuter, findAccount, outerWords } from './outer.ts';
import { initScript, insideScript } from './script.ts';
import { hasUserNamespaces, mapUsers } from './users.ts';

const readyWaitMs = 60_000;

/** The first process of a sandbox, and the handles that lead into its namespaces. */
export interface Init {
  readonly id: ProcessId;
  readonly isAlive: () => boolean;
  /** The arguments that enter the sandbox, up to where a program would follow. */
  readonly enterArgv: Entry['argv'];
  /** What must come before the program, then. */
  readonly tidy: Entry['tidy'];
  readonly late: Late;
  /**
   * Kills it, and with it by the kernel's hand everything inside. Resolves when the last process is gone, true, or
   * false after `waitMs`.
   */
  readonly kill: (waitMs: number) => Promise<boolean>;
}

/**
 * Starts the init of a built slot and waits until its inside stands. Throws SANDBOX_PREPARE with what mount(8) or
 * the kernel said; then nothing runs any more.
 */
export async function startInit(
  slotDir: string,
  storage: Storage,
  builder?: MappedUser | undefined,
): Promise<Init> {
  const account = await findAccount();
  const users = await hasUserNamespaces();
  const child = spawnGroup(initWords(slotDir, storage, account, users), {
    env: toolEnv,
    cwd: '/',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  reach('prepare.init');
  // The pipe is the init's lifeline and never written to later; that its reader dies is no error.
  child.stdin?.on('error', () => undefined);
  try {
    const ready = waitReady(child);
    // Its own failure says more than what comes of it here.
    await Promise.race([admitOuter(child, account), ready]);
    const pid = await ready;
    reach('prepare.mounted');
    const id = checkOwnChild(child, pid);
    const outer = child.pid ?? pid;
    if (users) await mapUsers(pid, account.kind === 'root' ? 'self' : outer, account, builder);
    reach('prepare.users');
    const entry = openEntry(pid, outer, account);
    const late = openLate(outer, slotDir, account);
    reach('prepare.entered');
    // Still the same process: so the handles are its own.
    if (!isRunning(id)) {
      entry.close();
      late.close();
      throw new SandboxError('SANDBOX_PREPARE', 'the init of the sandbox died at once');
    }
    return makeInit(child, gone, id, entry, late);
  } catch (error) {
    child.stdin?.destroy();
    if (child.pid !== undefined && child.exitCode === null) await killFamilies(new Set([child.pid]));
    await gone;
    throw error;
  }
}

/** Without root everything begins in a user namespace that gives the rights to make the others. */
function initWords(slotDir: string, storage: Storage, account: Account, users: boolean): readonly string[] {
  const isRoot = account.kind === 'root';
  return [
    ...outerWords(account),
    // Below the user namespace: to gain rights takes a death signal away.
    ...[toolPath('setpriv'), '--pdeathsig', 'KILL', toolPath('unshare')],
    ...['--mount', '--pid', '--fork', '--ipc', '--uts', '--net', '--kill-child', '--propagation', 'private'],
    ...['sh', '-c', initScript, 'bulkmesh-init', slotDir, String(process.pid), storage],
    findTool('ip') ?? '',
    !users ? '' : account.kind === 'alone' ? 'self' : 'agent',
    isRoot ? 'nodes' : '',
    insideScript,
  ];
}

function waitReady(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    const fail = (why: string) => {
      const said = stderr.trim();
      reject(
        new SandboxError('SANDBOX_PREPARE', `cannot set the sandbox up: ${said || why}`, {
          hint: hintFor(said),
        }),
      );
    };
    const timer = setTimeout(() => fail(`not ready after ${readyWaitMs / 1000} s`), readyWaitMs);
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      const ready = /^ready (\d+)\n/.exec(stdout);
      if (ready === null) return;
      clearTimeout(timer);
      resolve(Number(ready[1]));
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      if (stderr.length < 8192) stderr += chunk.toString();
    });
    child.once('error', (error) => {
      clearTimeout(timer);
      fail(error.message);
    });
    child.once('close', () => {
      clearTimeout(timer);
      fail('its init ended without a word');
    });
  });
}

function hintFor(stderr: string): string {
  if (/overlay/i.test(stderr)) {
    return (
      'the state directory must lie on a local file system that overlay layers can use, not on another overlay ' +
      'or NFS: set sandbox.storage = "tmpfs" or move it'
    );
  }
  if (/operation not permitted|permission denied/i.test(stderr))
    return 'the agent needs root and all capabilities';
  return 'run `bulkmesh doctor` on this host';
}

function checkOwnChild(child: ChildProcess, pid: number): ProcessId {
  const found = readProcess(pid);
  if (found === undefined || found.ppid !== child.pid) {
    throw new SandboxError('SANDBOX_PREPARE', `process ${pid} is not the init that was started`);
  }
  return { pid, startTicks: found.startTicks };
}

function makeInit(child: ChildProcess, gone: Promise<void>, id: ProcessId, entry: Entry, late: Late): Init {
  let isOpen = true;
  return {
    id,
    isAlive: () => isOpen && child.exitCode === null && child.signalCode === null,
    enterArgv: entry.argv,
    tidy: entry.tidy,
    late,
    kill: async (waitMs) => {
      entry.close();
      late.close();
      isOpen = false;
      if (isRunning(id)) signalProcess(id.pid, 'SIGKILL');
      child.stdin?.destroy();
      // unshare ends when it has waited for the init, and the kernel lets the init end last of all inside.
      return Promise.race([gone.then(() => true), delay(waitMs, false, { ref: false })]);
    },
  };
}

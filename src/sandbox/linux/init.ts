import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { SandboxError } from '../error.ts';
import { isRunning, killFamilies, type ProcessId, readProcess, signalProcess } from '../proc.ts';
import { findTool, spawnGroup, toolEnv, toolPath } from '../process.ts';
import type { Storage } from './build.ts';
import { initScript } from './script.ts';
import { hasOwnUsers, hasUserNamespaces, mapUsers } from './users.ts';

const namespaceKinds = ['mnt', 'pid', 'ipc', 'uts', 'net', 'user'] as const;
type NamespaceKind = (typeof namespaceKinds)[number];

const readyWaitMs = 60_000;

/** The first process of a sandbox, and the handles that lead into its namespaces. */
export interface Init {
  readonly id: ProcessId;
  readonly isAlive: () => boolean;
  /** The arguments that enter the sandbox, up to where a program would follow. */
  readonly enterArgv: (options: { readonly network: boolean }) => readonly string[];
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
export async function startInit(slotDir: string, storage: Storage): Promise<Init> {
  const users = await hasUserNamespaces();
  const child = spawnGroup(
    [
      ...[toolPath('setpriv'), '--pdeathsig', 'KILL', toolPath('unshare')],
      ...[
        '--mount',
        '--pid',
        '--fork',
        '--ipc',
        '--uts',
        '--net',
        '--kill-child',
        '--propagation',
        'private',
      ],
      ...[
        'sh',
        '-c',
        initScript,
        'bulkmesh-init',
        slotDir,
        String(process.pid),
        storage,
        findTool('ip') ?? '',
        users ? 'own' : '',
        toolPath('nsenter'),
      ],
    ],
    { env: toolEnv, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  // The pipe is the init's lifeline and never written to; that its reader dies is no error.
  child.stdin?.on('error', () => undefined);
  try {
    const pid = await waitReady(child);
    const id = checkOwnChild(child, pid);
    if (users) await mapUsers(pid);
    const namespaces = openNamespaces(pid);
    const nsenter = openNsenter(pid, namespaces);
    // Still the same process: so the handles are its own.
    if (!isRunning(id)) {
      closeNamespaces(namespaces);
      closeSync(nsenter);
      throw new SandboxError('SANDBOX_PREPARE', 'the init of the sandbox died at once');
    }
    return makeInit(child, gone, id, namespaces, nsenter);
  } catch (error) {
    child.stdin?.destroy();
    if (child.pid !== undefined && child.exitCode === null) await killFamilies(new Set([child.pid]));
    await gone;
    throw error;
  }
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

function openNamespaces(pid: number): ReadonlyMap<NamespaceKind, number> {
  const open = new Map<NamespaceKind, number>();
  try {
    const kinds = namespaceKinds.filter((kind) => kind !== 'user' || hasOwnUsers(pid));
    for (const kind of kinds) open.set(kind, openSync(`/proc/${pid}/ns/${kind}`, 'r'));
    return open;
  } catch (error) {
    closeNamespaces(open);
    throw new SandboxError('SANDBOX_PREPARE', `cannot reach the namespaces of process ${pid}`, {
      cause: error,
    });
  }
}

/**
 * The host's nsenter through a read-only mount: on its way in it can be seen inside, and its /proc/PID/exe must not
 * be a way to write to the host's program. Opened before anything runs inside that could put another in its place.
 */
function openNsenter(pid: number, namespaces: ReadonlyMap<NamespaceKind, number>): number {
  try {
    return openSync(`/proc/${pid}/root/dev/.nsenter`, 'r');
  } catch (error) {
    closeNamespaces(namespaces);
    throw new SandboxError('SANDBOX_PREPARE', `cannot open nsenter in process ${pid}`, { cause: error });
  }
}

function closeNamespaces(namespaces: ReadonlyMap<NamespaceKind, number>): void {
  for (const fd of namespaces.values()) closeSync(fd);
}

function makeInit(
  child: ChildProcess,
  gone: Promise<void>,
  id: ProcessId,
  namespaces: ReadonlyMap<NamespaceKind, number>,
  nsenter: number,
): Init {
  let isOpen = true;
  const options: Readonly<Record<NamespaceKind, string>> = {
    mnt: '--mount',
    pid: '--pid',
    ipc: '--ipc',
    uts: '--uts',
    net: '--net',
    // nsenter(1) gives rights up last: it joins this one after all the others.
    user: '--user',
  };
  return {
    id,
    isAlive: () => isOpen && child.exitCode === null && child.signalCode === null,
    enterArgv: ({ network }) => {
      const wanted = [...namespaces].filter(([kind]) => !(network && kind === 'net'));
      // Through our own descriptors, opened once: a number in /proc may be reused, these cannot.
      const handles = wanted.map(([kind, fd]) => `${options[kind]}=/proc/${process.pid}/fd/${fd}`);
      return [`/proc/${process.pid}/fd/${nsenter}`, ...handles, '--'];
    },
    kill: async (waitMs) => {
      if (isOpen) closeNamespaces(namespaces);
      if (isOpen) closeSync(nsenter);
      isOpen = false;
      if (isRunning(id)) signalProcess(id.pid, 'SIGKILL');
      child.stdin?.destroy();
      // unshare ends when it has waited for the init, and the kernel lets the init end last of all inside.
      return Promise.race([gone.then(() => true), delay(waitMs, false, { ref: false })]);
    },
  };
}

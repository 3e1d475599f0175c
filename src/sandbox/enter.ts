import { join } from 'node:path';
import { hasOwnUsers } from './linux/users.ts';
import { isRunning, readProcess } from './proc.ts';
import { toolPath } from './process.ts';
import { readBootId, readRecord, slotsDir } from './record.ts';

/**
 * Runs a program from a read-only mount of its own: while nsenter is on its way in, what runs inside can open its
 * file, and must not be able to write to it. Ends where the name of the shell follows, then the program.
 */
const readOnlyMount = [
  ...[toolPath('unshare'), '--mount', '--propagation', 'private', '--'],
  ...['/bin/sh', '-c', 'mount -o bind,ro "$1" "$1" && exec "$@"'],
];

/**
 * The arguments that run a program, an interactive shell for one, in a live slot given the host's pid of its init:
 * inside all its namespaces, as root, in its root directory.
 */
export function enterArgv(pid: number, argv: readonly string[]): readonly string[] {
  const spaces = ['--mount', '--pid', '--ipc', '--uts', '--net', ...(hasOwnUsers(pid) ? ['--user'] : [])];
  const target = ['--target', String(pid), ...spaces];
  const outer = readProcess(pid)?.ppid;
  if (process.getuid?.() === 0 || outer === undefined) {
    return [...readOnlyMount, 'sh', toolPath('nsenter'), ...target, '--', ...argv];
  }
  // Without root the way in leads through the user namespace that owns the others; the init's parent stays in it.
  const first = [toolPath('nsenter'), '--target', String(outer), '--user', '--preserve-credentials', '--'];
  return [...first, toolPath('nsenter'), ...target, '--preserve-credentials', '--', ...argv];
}

/** Where a slot's layers lie on this host, and the host's pid of its init; works in any process of this host. */
export interface SlotPlace {
  readonly dir: string;
  /** Undefined when the slot is not up, or of a driver without an inside. */
  readonly pid: number | undefined;
}

/** Reads a slot's durable record. */
export function findSlot(stateDir: string, slot: string): SlotPlace {
  const dir = join(slotsDir(stateDir), slot);
  const state = readRecord(dir);
  const init = state.kind === 'record' && state.record.boot === readBootId() ? state.record.init : undefined;
  return { dir, pid: init !== undefined && isRunning(init) ? init.pid : undefined };
}

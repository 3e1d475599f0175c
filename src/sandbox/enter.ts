import { join } from 'node:path';
import { hasOwnUsers } from './linux/users.ts';
import { isRunning } from './proc.ts';
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
  return [...readOnlyMount, 'sh', toolPath('nsenter'), '--target', String(pid), ...spaces, '--', ...argv];
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

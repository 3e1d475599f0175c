import { join } from 'node:path';
import { SandboxError } from './error.ts';
import { isRunning, type ProcessId } from './proc.ts';
import { toolPath } from './process.ts';
import { readBootId, readRecord, slotsDir } from './record.ts';

/**
 * The arguments that run a program, an interactive shell for one, in a live slot given the host's pid of its init:
 * inside all its namespaces, as root, in its root directory.
 */
export function enterArgv(pid: number, argv: readonly string[]): readonly string[] {
  const spaces = ['--mount', '--pid', '--ipc', '--uts', '--net'];
  return [toolPath('nsenter'), '--target', String(pid), ...spaces, '--', ...argv];
}

/**
 * The init of a slot that is up, from its durable record: works in any process of this host. Throws SANDBOX_BUSY
 * when there is no such slot, or it has no inside to enter.
 */
export function findInit(stateDir: string, slot: string): ProcessId {
  const state = readRecord(join(slotsDir(stateDir), slot));
  const init = state.kind === 'record' && state.record.boot === readBootId() ? state.record.init : undefined;
  if (init !== undefined && isRunning(init)) return init;
  throw new SandboxError('SANDBOX_BUSY', `no sandbox ${slot} is up below ${stateDir}`, {
    hint: 'see `bulkmesh sandbox list`',
  });
}

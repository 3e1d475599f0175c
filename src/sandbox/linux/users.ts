import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import { SandboxError } from '../error.ts';
import { runTool, toolPath } from '../process.ts';

const enterWaitMs = 10_000;

let probe: Promise<boolean> | undefined;

/** Whether this host lets root make user namespaces; tried once. */
export function hasUserNamespaces(): Promise<boolean> {
  probe ??= runTool([toolPath('unshare'), '--user', 'true']).then(({ ok }) => ok);
  return probe;
}

/** Whether a process is in another user namespace than this one. Throws where /proc does not say. */
export function hasOwnUsers(pid: number): boolean {
  return readlinkSync(`/proc/${pid}/ns/user`) !== readlinkSync('/proc/self/ns/user');
}

/**
 * Waits until a process has entered a user namespace of its own, and gives every id there the same number as here.
 * Mounts and the other namespaces belong to the outer one: so root inside still owns files and may become anybody,
 * but has no right over the host's mounts, devices, modules and file handles. Throws SANDBOX_PREPARE.
 */
export async function mapUsers(pid: number): Promise<void> {
  try {
    for (let waitedMs = 0; !hasOwnUsers(pid); waitedMs += 1) {
      if (waitedMs > enterWaitMs) throw new Error('it does not enter one');
      await delay(1);
    }
    for (const file of ['uid_map', 'gid_map']) writeFileSync(`/proc/${pid}/${file}`, identityMap(file));
  } catch (error) {
    throw new SandboxError('SANDBOX_PREPARE', `no user namespace for process ${pid}: ${messageOf(error)}`, {
      hint: 'the agent needs root and all capabilities',
      cause: error,
    });
  }
}

/** All ids that this process has itself, each as itself; see user_namespaces(7). */
function identityMap(file: string): string {
  return readFileSync(`/proc/self/${file}`, 'utf8').replace(
    /^\s*(\d+)\s+\d+\s+(\d+)$/gm,
    (_, first: string, count: string) => `${first} ${first} ${count}`,
  );
}

import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import { SandboxError } from '../error.ts';
import { runTool, toolPath } from '../process.ts';
import { type MappedUser, mapSlotUser } from '../slotIds.ts';
import { type Account, type IdRange, listMap } from './account.ts';

const enterWaitMs = 10_000;

let probe: Promise<boolean> | undefined;

/** Whether this host lets this process make user namespaces; tried once. */
export function hasUserNamespaces(): Promise<boolean> {
  probe ??= runTool([toolPath('unshare'), '--user', 'true']).then(({ ok }) => ok);
  return probe;
}

/** Whether a process is in another user namespace than another one. Throws where /proc does not say. */
export function hasOwnUsers(pid: number, than: number | 'self' = 'self'): boolean {
  return readlinkSync(`/proc/${pid}/ns/user`) !== readlinkSync(`/proc/${than}/ns/user`);
}

/** Waits until a process has a user namespace of its own, with its ids if they are to be `mapped`. Throws. */
export async function waitForUsers(
  pid: number,
  wanted: { readonly than: number | 'self'; readonly mapped: boolean },
): Promise<void> {
  const isThere = () => hasOwnUsers(pid, wanted.than) && (!wanted.mapped || isMapped(pid));
  for (let waitedMs = 0; !isThere(); waitedMs += 1) {
    if (waitedMs > enterWaitMs) throw new Error('it does not enter one');
    await delay(1);
  }
}

/**
 * Waits until the init of a sandbox has entered its last user namespace, and gives every id there the same number
 * as before; under root the build user may have that of the slot. Mounts and the other namespaces belong to the one
 * before it: so root inside still owns files and may become anybody, but has no right over the host's mounts, devices,
 * modules and file handles. `outer` is a process in the namespace before. Throws SANDBOX_PREPARE.
 */
export async function mapUsers(
  pid: number,
  outer: number | 'self',
  account: Account,
  builder: MappedUser | undefined,
): Promise<void> {
  try {
    await waitForUsers(pid, { than: outer, mapped: account.kind === 'alone' });
    switch (account.kind) {
      case 'root':
        writeFileSync(`/proc/${pid}/uid_map`, builder ? slotMap(builder) : identityMap('uid_map'));
        writeFileSync(`/proc/${pid}/gid_map`, identityMap('gid_map'));
        return;
      case 'alone':
        return;
      case 'ranges':
        await mapFromWithin(pid, outer, sameIds(account.uids), sameIds(account.gids));
    }
  } catch (error) {
    throw new SandboxError('SANDBOX_PREPARE', `no user namespace for process ${pid}: ${messageOf(error)}`, {
      hint: 'the agent needs root and all capabilities, or a host that lets everybody make user namespaces',
      cause: error,
    });
  }
}

/** Only who is in the namespace before may write such a map. */
async function mapFromWithin(pid: number, outer: number | 'self', uids: string, gids: string): Promise<void> {
  const text = 'echo "$2" >"/proc/$1/uid_map" && echo "$3" >"/proc/$1/gid_map"';
  const enter = [toolPath('nsenter'), `--user=/proc/${outer}/ns/user`, '--preserve-credentials', '--'];
  const { ok, stderr } = await runTool([...enter, '/bin/sh', '-c', text, 'sh', String(pid), uids, gids]);
  if (!ok) throw new Error(stderr);
}

/** Each id as itself; a line may not span two of the map before. */
function sameIds(ranges: readonly IdRange[]): string {
  const lines = listMap(0, ranges).map(([inside = 0, , count = 0]) => `${inside} ${inside} ${count}`);
  return lines.join('\n');
}

function isMapped(pid: number): boolean {
  return readFileSync(`/proc/${pid}/gid_map`, 'utf8') !== '';
}

function slotMap(builder: MappedUser): string {
  const map = mapSlotUser(readFileSync('/proc/self/uid_map', 'utf8'), builder);
  if (map === undefined) throw new Error(`user ${builder.inside} or ${builder.outside} is not there`);
  return map;
}

/** All ids that this process has itself, each as itself; see user_namespaces(7). */
function identityMap(file: string): string {
  return readFileSync(`/proc/self/${file}`, 'utf8').replace(
    /^\s*(\d+)\s+\d+\s+(\d+)$/gm,
    (_, first: string, count: string) => `${first} ${first} ${count}`,
  );
}

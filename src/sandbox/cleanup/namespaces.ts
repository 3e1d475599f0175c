import { readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type MountEntry, readMounts } from '../mounts.ts';
import { isWithin } from '../names.ts';
import { listPids, signalProcess } from '../proc.ts';

/**
 * Kills whatever lives in a namespace of a sandbox of driver `linux` whose layers lie in this slot, until no look finds
 * any. A process of the host whose mount namespace is a copy of the host's sees the same mounts and is not meant: only
 * who has such a layer as its root, or lives in another process namespace as well. Returns how many were killed;
 * throws when some survive.
 */
export async function killNamespaces(slotDir: string): Promise<number> {
  const killed = new Set<number>();
  for (let round = 0; round < 100; round += 1) {
    const inside = listInside(slotDir);
    if (inside.length === 0) return killed.size;
    for (const pid of inside) {
      killed.add(pid);
      signalProcess(pid, 'SIGKILL');
    }
    await delay(round === 0 ? 5 : 50);
  }
  throw new Error(`processes ${listInside(slotDir).join(', ')} survive SIGKILL`);
}

function listInside(slotDir: string): readonly number[] {
  if (process.platform !== 'linux') return [];
  const own = { mounts: namespaceOf('self', 'mnt'), processes: namespaceOf('self', 'pid') };
  const verdicts = new Map<string, boolean>();
  return listPids().filter((pid) => {
    const mounts = namespaceOf(pid, 'mnt');
    if (mounts === undefined || mounts === own.mounts) return false;
    const processes = namespaceOf(pid, 'pid');
    const key = `${mounts} ${processes}`;
    const known = verdicts.get(key);
    if (known !== undefined) return known;
    const isApart = processes !== undefined && processes !== own.processes;
    const verdict = readMounts(pid).some(
      (mount) => (isApart || mount.target === '/') && liesOn(mount, slotDir),
    );
    verdicts.set(key, verdict);
    return verdict;
  });
}

function liesOn({ superOptions }: MountEntry, slotDir: string): boolean {
  const upper = superOptions.split(',').find((option) => option.startsWith('upperdir='));
  return upper !== undefined && isWithin(upper.slice('upperdir='.length), slotDir);
}

function namespaceOf(pid: number | 'self', kind: 'mnt' | 'pid'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return undefined;
  }
}

import { readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { listPids, type ProcessInfo, readProcess, signalProcess } from '../proc.ts';

/**
 * Kills every process in the pid namespace of a sandbox's init, and in namespaces below it, but not the init; from
 * the host, with no help of the sandbox's own programs. All are stopped before the first is killed, until a look
 * finds no new one: so nothing can fork past it. Returns how many are left after some 10 s.
 */
export async function killInside(init: number): Promise<number> {
  for (let round = 0; round < 200; round += 1) {
    const { inside, waiting } = stopInside(init);
    if (inside.length === 0) return 0;
    for (const pid of inside) signalProcess(pid, 'SIGKILL');
    // nsenter stops itself with its child, and must see its end.
    for (const pid of waiting) signalProcess(pid, 'SIGCONT');
    await delay(round === 0 ? 2 : 50);
  }
  return findInside(init).length;
}

interface Stopped {
  readonly inside: readonly number[];
  /** Processes of the host whose child is inside. */
  readonly waiting: ReadonlySet<number>;
}

function stopInside(init: number): Stopped {
  const stopped = new Map<number, number>();
  for (let grown = true, look = 0; grown && look < 50; look += 1) {
    grown = false;
    for (const one of findInside(init)) {
      if (stopped.has(one.pid)) continue;
      signalProcess(one.pid, 'SIGSTOP');
      stopped.set(one.pid, one.ppid);
      grown = true;
    }
  }
  const waiting = new Set([...stopped.values()].filter((ppid) => ppid !== init && !stopped.has(ppid)));
  return { inside: [...stopped.keys()], waiting };
}

/** The living members of the init's namespace and all that descends from them, by the host's own /proc. */
function findInside(init: number): readonly ProcessInfo[] {
  const namespace = pidNamespace(init);
  if (namespace === undefined || namespace === pidNamespace('self')) return [];
  const processes = listPids().flatMap((pid) => readProcess(pid) ?? []);
  const found = new Map<number, ProcessInfo>();
  for (const one of processes) if (pidNamespace(one.pid) === namespace) found.set(one.pid, one);
  for (let grown = true; grown; ) {
    grown = false;
    for (const one of processes) {
      if (found.has(one.pid) || !found.has(one.ppid)) continue;
      found.set(one.pid, one);
      grown = true;
    }
  }
  found.delete(init);
  return [...found.values()].filter((one) => one.state !== 'Z' && one.state !== 'X');
}

function pidNamespace(pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

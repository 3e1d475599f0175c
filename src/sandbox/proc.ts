import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { runTool } from './process.ts';

/** What the kernel's process table says of one process. */
export interface ProcessInfo {
  readonly pid: number;
  readonly state: string;
  readonly ppid: number;
  readonly session: number;
  /** Clock ticks since boot at its start: with the pid, a name that is never reused. 0 where unknown. */
  readonly startTicks: number;
}

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessId {
  readonly pid: number;
  readonly startTicks: number;
}

/** Reads /proc/PID/stat (or the same below another mount of proc); undefined when there is no such process. */
export function readProcess(pid: number, procDir = '/proc'): ProcessInfo | undefined {
  let text: string;
  try {
    text = readFileSync(`${procDir}/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the program's name in parentheses and may itself hold blanks and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state = '?', ppid = '0', , session = '0'] = fields;
  return {
    pid,
    state,
    ppid: Number(ppid),
    session: Number(session),
    startTicks: Number(fields[19] ?? 0),
  };
}

/** The pids in a mount of proc. */
export function listPids(procDir = '/proc'): readonly number[] {
  return readdirSync(procDir)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Every process of the host, from /proc, or from ps(1) where there is none. */
export async function listProcesses(): Promise<readonly ProcessInfo[]> {
  if (process.platform === 'linux') {
    return listPids().flatMap((pid) => readProcess(pid) ?? []);
  }
  const { stdout } = await runTool(['ps', '-A', '-o', 'pid=,ppid=,pgid=']);
  return stdout.split('\n').flatMap((line) => {
    const [pid, ppid, session] = line.trim().split(/\s+/).map(Number);
    if (pid === undefined || ppid === undefined || session === undefined) return [];
    return [{ pid, ppid, session, state: '?', startTicks: 0 }];
  });
}

/** This process. */
export function ownProcess(): ProcessId {
  return { pid: process.pid, startTicks: readProcess(process.pid)?.startTicks ?? 0 };
}

/** Whether that very process still runs; a zombie does not. */
export function isRunning(id: ProcessId): boolean {
  if (process.platform !== 'linux') return signalProcess(id.pid, 0);
  const now = readProcess(id.pid);
  return now !== undefined && now.startTicks === id.startTicks && now.state !== 'Z' && now.state !== 'X';
}

/** Sends a signal; false when there is no such process or group (negative pid). */
export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/**
 * Kills every process in the sessions of `leaders` and every descendant of a leader, until a look finds none, at
 * most 5 s. They are stopped first, until a look finds no new one: who is stopped can neither fork nor lose its
 * child, so that nobody slips away between the look and the kill. A process is out of reach only when it had
 * made its own session and lost its parent before.
 *
 * A leader is killed only when it has nobody left. Until then it waits for its child; if it could not, the child's
 * remains would wait for the host's init, and a sandbox cannot end before they are gone. Returns how many
 * different processes got the signal.
 */
export async function killFamilies(leaders: ReadonlySet<number>): Promise<number> {
  const killed = new Map<number, number>();
  for (let round = 0; round < 100; round += 1) {
    const alive = await stopFamily(leaders, killed);
    if (alive.length === 0 && round > 0) {
      const last = await findFamily(leaders, killed);
      if (last.length === 0) break;
      alive.push(...last);
    }
    for (const one of alive) {
      killed.set(one.pid, one.startTicks);
      signalProcess(one.pid, 'SIGKILL');
    }
    // Who waits for a stopped child may have stopped as well (nsenter does), and must see its end.
    for (const leader of leaders) signalProcess(leader, 'SIGCONT');
    await delay(round === 0 ? 5 : 50);
  }
  return killed.size;
}

/** Stops all but the leaders, until nothing new turns up. */
async function stopFamily(
  leaders: ReadonlySet<number>,
  known: ReadonlyMap<number, number>,
): Promise<ProcessInfo[]> {
  const stopped = new Map<number, ProcessInfo>();
  for (let grown = true, look = 0; grown && look < 50; look += 1) {
    grown = false;
    for (const one of await findFamily(leaders, known)) {
      if (leaders.has(one.pid) || stopped.has(one.pid)) continue;
      signalProcess(one.pid, 'SIGSTOP');
      stopped.set(one.pid, one);
      grown = true;
    }
  }
  return [...stopped.values()];
}

/** The living: members of the leaders' sessions, descendants of those, and those known that have not gone yet. */
async function findFamily(
  leaders: ReadonlySet<number>,
  known: ReadonlyMap<number, number>,
): Promise<readonly ProcessInfo[]> {
  const processes = await listProcesses();
  const found = new Map<number, ProcessInfo>();
  for (let grown = true; grown; ) {
    grown = false;
    for (const one of processes) {
      if (found.has(one.pid)) continue;
      const isKnown = known.get(one.pid) === one.startTicks;
      const isChild = found.has(one.ppid) || leaders.has(one.ppid);
      if (!isKnown && !isChild && !leaders.has(one.session)) continue;
      found.set(one.pid, one);
      grown = true;
    }
  }
  return [...found.values()].filter((one) => one.state !== 'Z' && one.state !== 'X');
}

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { SandboxError } from '../error.ts';
import { kernelPath } from '../mounts.ts';
import { isWithin } from '../names.ts';
import { isRunning, listPids, type ProcessId, readProcess, signalProcess } from '../proc.ts';
import { runBounded } from '../process.ts';

/** A process that is tied to a directory by more than the file system that both are on. */
export interface Occupant extends ProcessId {
  readonly name: string;
  readonly tie: 'root' | 'working directory' | 'program' | 'open file' | 'mapped file' | 'use';
}

/** What tells who uses a directory where there is no /proc: the words before the directory, and how pids are read. */
const lookers: Partial<Record<NodeJS.Platform, { words: readonly string[]; pid: RegExp }>> = {
  // Never with -c or -m: those name everybody on the whole file system.
  sunos: { words: ['fuser'], pid: /(\d+)/g },
  darwin: { words: ['fuser'], pid: /(\d+)/g },
  netbsd: { words: ['fstat'], pid: /^\S+\s+\S+\s+(\d+)\s/gm },
  openbsd: { words: ['fstat'], pid: /^\S+\s+\S+\s+(\d+)\s/gm },
  freebsd: { words: ['fstat'], pid: /^\S+\s+\S+\s+(\d+)\s/gm },
};

/**
 * Every process with its root, its working directory, its program, an open file or a mapping at or below `dir`; without
 * this one and its ancestors. A process that merely sees a mount of the same file system is none. On Linux those of other
 * mount namespaces count as well, a chroot can make some, but not who has only names of files in common with the host.
 */
export async function findOccupants(dir: string): Promise<readonly Occupant[]> {
  const spared = ownLine();
  const real = kernelPath(dir);
  if (process.platform !== 'linux') return askLooker(real, spared);
  const home = readLink('/proc/self/ns/mnt');
  return listPids().flatMap((pid) => {
    if (spared.has(pid)) return [];
    const tie = findTie(pid, real, home);
    const found = tie === undefined ? undefined : readProcess(pid);
    if (tie === undefined || found === undefined || found.state === 'Z' || found.state === 'X') return [];
    return [{ pid, startTicks: found.startTicks, name: nameOf(pid), tie }];
  });
}

/**
 * Kills every occupant of a directory, until a look finds none. All are stopped first, until no new one turns up: who
 * is stopped cannot fork past the kill. Returns how many were killed. Throws SANDBOX_DESTROY when some survive 10 s.
 */
export async function killOccupants(dir: string): Promise<number> {
  const killed = new Map<number, number>();
  for (let round = 0; round < 200; round += 1) {
    const found = await stopOccupants(dir);
    if (found.length === 0) return killed.size;
    for (const { pid, startTicks } of found) {
      killed.set(pid, startTicks);
      signalProcess(pid, 'SIGKILL');
    }
    await delay(round === 0 ? 2 : 50);
  }
  throw new SandboxError('SANDBOX_DESTROY', `survive SIGKILL: ${nameOccupants(await findOccupants(dir))}`, {
    hint: 'they wait in the kernel, often for a network file system or a failing disk',
  });
}

/** For a message: the first few with what ties them. */
export function nameOccupants(occupants: readonly Occupant[]): string {
  const named = occupants.slice(0, 5).map(({ pid, name, tie }) => `process ${pid} (${name}, by its ${tie})`);
  const more = occupants.length - named.length;
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

async function stopOccupants(dir: string): Promise<readonly Occupant[]> {
  const stopped = new Map<number, Occupant>();
  for (let grown = true, look = 0; grown && look < 50; look += 1) {
    grown = false;
    for (const one of await findOccupants(dir)) {
      if (stopped.has(one.pid) || !isRunning(one)) continue;
      signalProcess(one.pid, 'SIGSTOP');
      stopped.set(one.pid, one);
      grown = true;
    }
  }
  return [...stopped.values()];
}

/** `home`: the mount namespace of this process. */
function findTie(pid: number, dir: string, home: string | undefined): Occupant['tie'] | undefined {
  const at = `/proc/${pid}`;
  // Paths of another namespace are not paths of the host, though they may read alike: only who is at the same file counts.
  const isForeign = readLink(`${at}/ns/mnt`) !== home;
  const isInside = (link: string): boolean => {
    const path = readLink(link);
    return isLinkWithin(path, dir) && (!isForeign || isSame(link, path ?? ''));
  };
  if (isInside(`${at}/root`)) return 'root';
  // What the host shows in a chroot is the same file there: whose root is yet another directory is none of ours.
  if (isForeign && readLink(`${at}/root`) !== '/') return undefined;
  if (isInside(`${at}/cwd`)) return 'working directory';
  if (isInside(`${at}/exe`)) return 'program';
  if (listNames(`${at}/fd`).some((fd) => isInside(`${at}/fd/${fd}`))) return 'open file';
  const maps = isForeign ? '' : readText(`${at}/maps`);
  if (!maps.includes(`${dir}/`)) return undefined;
  return maps.split('\n').some((line) => isLinkWithin(/\/.*$/.exec(line)?.[0], dir))
    ? 'mapped file'
    : undefined;
}

function isLinkWithin(path: string | undefined, dir: string): boolean {
  return path !== undefined && isWithin(path.replace(/ \(deleted\)$/, ''), dir);
}

async function askLooker(dir: string, spared: ReadonlySet<number>): Promise<readonly Occupant[]> {
  const looker = lookers[process.platform];
  if (looker === undefined) return [];
  const { stdout } = await runBounded([...looker.words, dir], 20_000);
  const pids = new Set([...stdout.matchAll(looker.pid)].map(([, pid]) => Number(pid)));
  return [...pids]
    .filter((pid) => pid > 1 && !spared.has(pid) && signalProcess(pid, 0))
    .map((pid) => ({ pid, startTicks: 0, name: '?', tie: 'use' }));
}

/** This process and its ancestors. */
function ownLine(): ReadonlySet<number> {
  const line = new Set([process.pid, process.ppid, 1]);
  for (let at = readProcess(process.ppid); at !== undefined && at.ppid > 1; at = readProcess(at.ppid)) {
    line.add(at.ppid);
  }
  return line;
}

function nameOf(pid: number): string {
  return readText(`/proc/${pid}/comm`).trim() || '?';
}

function isSame(link: string, path: string): boolean {
  const identity = identityOf(link);
  return identity !== undefined && identity === identityOf(path);
}

function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function listNames(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

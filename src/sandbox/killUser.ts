import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { listPids, signalProcess } from './proc.ts';
import { runTool } from './process.ts';

/** Ids below this are those of systems and people. */
const USER_ID_MIN = 1000;

/**
 * Kills every process of a user id that nobody has but one slot, on the whole host, until a look finds none, at most some
 * 5 s. Returns how many are left. Throws for an id that could be a person's or the system's.
 */
export async function killUser(uid: number): Promise<number> {
  if (!Number.isSafeInteger(uid) || uid < USER_ID_MIN || uid === process.getuid?.()) {
    throw new RangeError(`${uid} is no user id of a slot`);
  }
  for (let round = 0; round < 100; round += 1) {
    if ((await stopAll(uid)).length === 0) return 0;
    for (const pid of await listOf(uid)) signalProcess(pid, 'SIGKILL');
    await delay(round === 0 ? 2 : 50);
  }
  return (await listOf(uid)).length;
}

/** Who is stopped forks no more: until a look finds no new one. */
async function stopAll(uid: number): Promise<readonly number[]> {
  const stopped = new Set<number>();
  for (let look = 0; look < 50; look += 1) {
    const more = (await listOf(uid)).filter((pid) => !stopped.has(pid));
    if (more.length === 0) break;
    for (const pid of more) {
      signalProcess(pid, 'SIGSTOP');
      stopped.add(pid);
    }
  }
  return [...stopped];
}

/** The living processes whose real or effective user it is. */
async function listOf(uid: number): Promise<readonly number[]> {
  if (process.platform === 'linux') return listPids().filter((pid) => isOf(pid, uid));
  const { stdout } = await runTool(['ps', '-A', '-o', 'pid=,ruid=,uid=,state=']);
  return stdout.split('\n').flatMap((line) => {
    const [pid, ruid, euid, state = ''] = line.trim().split(/\s+/);
    return [ruid, euid].includes(String(uid)) && !state.startsWith('Z') ? [Number(pid)] : [];
  });
}

function isOf(pid: number, uid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const [, real, effective] = /^Uid:\s+(\d+)\s+(\d+)/m.exec(status) ?? [];
    return !/^State:\s+[ZX]/m.test(status) && [real, effective].includes(String(uid));
  } catch {
    return false;
  }
}

import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../../error.ts';
import { signalProcess } from '../../proc.ts';
import { runBounded } from '../../process.ts';
import { readText, tryWrite } from './place.ts';

const triesMax = 60;
const pauseMs = 50;

/**
 * Kills every process of a group and of those below it, and waits for their end, some 3 s. Returns how many are left.
 * The kernel does it in one step since Linux 5.14, in version 2; else nobody there may fork any more first, where
 * that can be forbidden.
 */
export async function killGroup(dir: string): Promise<number> {
  for (let round = 0; round < triesMax; round += 1) {
    const pids = listProcesses(dir);
    if (pids.length === 0) return 0;
    if (!tryWrite(join(dir, 'cgroup.kill'), '1')) for (const pid of pids) signalProcess(pid, 'SIGKILL');
    await delay(round === 0 ? 2 : pauseMs);
  }
  return listProcesses(dir).length;
}

/** The processes of a group and of those below it, without the remains of dead ones. */
export function listProcesses(dir: string): readonly number[] {
  return listGroups(dir).flatMap((group) => {
    const text = readText(join(group, 'cgroup.procs')) ?? '';
    // What this process may not see has the number 0.
    return text
      .split('\n')
      .map(Number)
      .filter((pid) => pid > 0);
  });
}

/** A slot's group and its two leaves: more was made by root inside, which can mount the group that it is in. */
const ownGroups = 3;
const walkMs = 20_000;

/**
 * Removes a group with those below it, whose processes have ended or are about to. Returns false when it is still there
 * after some 3 s: then a process is in it.
 */
export async function removeGroup(dir: string): Promise<boolean> {
  for (let round = 0; round < triesMax; round += 1) {
    // The lowest first. Nothing but directories can be made here, and those that are not empty stay.
    const groups = listGroups(dir).toReversed();
    // Those deeper than a path can name are reached step by step alone.
    if (groups.length > ownGroups) {
      await runBounded(['find', dir, '-xdev', '-depth', '-type', 'd', '-delete'], walkMs);
    } else for (const group of groups) tryRemove(group);
    if (!existsSync(dir)) return true;
    await delay(pauseMs);
  }
  return false;
}

/** Removes a directory of groups that has none any more; else leaves it. */
export function tryRemove(dir: string): void {
  try {
    rmdirSync(dir);
  } catch (error) {
    if (!['EBUSY', 'ENOTEMPTY', 'ENOENT'].includes(errorCode(error) ?? '')) throw error;
  }
}

/** A group and those below it, each before its own. */
export function listGroups(dir: string, depth = Number.POSITIVE_INFINITY): readonly string[] {
  const groups = [dir];
  if (depth === 0) return groups;
  for (const name of listNames(dir)) groups.push(...listGroups(join(dir, name), depth - 1));
  return groups;
}

function listNames(dir: string): readonly string[] {
  try {
    return readdirSync(dir, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? [one.name] : []));
  } catch {
    return [];
  }
}

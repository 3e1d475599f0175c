import { lstatSync, readdirSync, readlinkSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import { isTrashName } from './cleanup/place.ts';
import type { SweepReport } from './driver.ts';
import { sweepKitLayers } from './kit.ts';
import { sweepGroups } from './linux/cgroup/groups.ts';
import { readMounts } from './mounts.ts';
import { isWithin } from './names.ts';
import { releaseClaims } from './none/claim.ts';
import { isRunning, killFamilies, listPids, ownProcess, readProcess, signalProcess } from './proc.ts';
import { readBootId, readRecord, type SlotRecord, slotsDir } from './record.ts';
import { removeSlotDir } from './slot-dir.ts';

interface Found {
  readonly processesKilled: number;
  readonly mountsRemoved: number;
}

/**
 * Removes what earlier lives left below a state directory, of either driver: processes, mounts, slot directories,
 * trash, half-unpacked kits. Touches only what carries our record or our name for trash, nothing of another agent
 * that still runs, and none of the `live` slots. Never throws: what would not go is in the report.
 */
export async function sweepSlots(stateDir: string, live: ReadonlySet<string>): Promise<SweepReport> {
  const report = { processesKilled: 0, mountsRemoved: 0, directoriesRemoved: 0 };
  const left: string[] = [];
  const root = slotsDir(stateDir);
  for (const name of listNames(root)) {
    if (live.has(name)) continue;
    try {
      const found = await sweepOne(join(root, name), name);
      report.processesKilled += found.processesKilled;
      report.mountsRemoved += found.mountsRemoved;
      report.directoriesRemoved += 1;
    } catch (error) {
      left.push(`${join(root, name)}: ${messageOf(error)}`);
    }
  }
  try {
    report.directoriesRemoved += await sweepKitLayers(stateDir);
  } catch (error) {
    left.push(messageOf(error));
  }
  left.push(...(await sweepGroups(stateDir)).left);
  return { ...report, left };
}

async function sweepOne(dir: string, name: string): Promise<Found> {
  if (!lstatSync(dir).isDirectory()) throw new Error('not a directory, and not ours');
  const state = readRecord(dir);
  if (state.kind === 'unmarked' && !isTrashName(name)) {
    // A crash between mkdir and the record leaves it empty; anything else is not ours.
    if (readdirSync(dir).length > 0) throw new Error('it has no record of ours, so it stays');
    rmdirSync(dir);
    return { processesKilled: 0, mountsRemoved: 0 };
  }
  const record = state.kind === 'record' ? state.record : undefined;
  let processesKilled = 0;
  if (record?.boot === readBootId()) {
    refuseForeign(record);
    processesKilled = await killRecorded(record);
  }
  processesKilled += await killInside(dir);
  await releaseClaims(record?.claims ?? []);
  return { processesKilled, mountsRemoved: await removeSlotDir(dir) };
}

/** What the record names; normally dead, as its agent is. */
async function killRecorded(record: SlotRecord): Promise<number> {
  const leaders = record.leaders.filter(isStillLeader).map((one) => one.pid);
  const killed = leaders.length > 0 ? await killFamilies(new Set(leaders)) : 0;
  if (record.init === undefined || !isRunning(record.init)) return killed;
  signalProcess(record.init.pid, 'SIGKILL');
  return killed + 1;
}

function refuseForeign({ agent }: SlotRecord): void {
  if (agent.pid === ownProcess().pid || !isRunning(agent)) return;
  throw new Error(`the agent with pid ${agent.pid} still runs and holds it`);
}

/** The number of a session is free for others only when its last member is gone; a later leader started later. */
function isStillLeader(leader: SlotRecord['leaders'][number]): boolean {
  const now = readProcess(leader.pid);
  return now === undefined || now.startTicks === leader.startTicks;
}

/** Kills whatever lives in a mount namespace that has this slot's layers mounted, until no look finds any. */
async function killInside(dir: string): Promise<number> {
  const killed = new Set<number>();
  for (let round = 0; round < 100; round += 1) {
    const inside = listInside(dir);
    if (inside.length === 0) return killed.size;
    for (const pid of inside) {
      killed.add(pid);
      signalProcess(pid, 'SIGKILL');
    }
    await delay(round === 0 ? 5 : 50);
  }
  throw new Error(`processes ${listInside(dir).join(', ')} survive SIGKILL`);
}

function listInside(dir: string): readonly number[] {
  if (process.platform !== 'linux') return [];
  const own = readLink('/proc/self/ns/mnt');
  const verdicts = new Map<string, boolean>();
  return listPids().filter((pid) => {
    const namespace = readLink(`/proc/${pid}/ns/mnt`);
    if (namespace === undefined || namespace === own) return false;
    const known = verdicts.get(namespace);
    if (known !== undefined) return known;
    const verdict = readMounts(pid).some((mount) => usesDir(mount.superOptions, dir));
    verdicts.set(namespace, verdict);
    return verdict;
  });
}

function usesDir(superOptions: string, dir: string): boolean {
  const upper = superOptions.split(',').find((option) => option.startsWith('upperdir='));
  return upper !== undefined && isWithin(upper.slice('upperdir='.length), dir);
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function listNames(dir: string): readonly string[] {
  return lstatSync(dir, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(dir) : [];
}

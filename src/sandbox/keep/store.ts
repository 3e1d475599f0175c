import { randomBytes } from 'node:crypto';
import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { isTrashName, trashName } from '../cleanup/place.ts';
import { findSlot } from '../enter.ts';
import { errorCode } from '../error.ts';
import { isWithin } from '../names.ts';
import { removeTree } from '../remove.ts';
import type { Sweeper } from '../sweep.ts';
import { type KeptRecord, keptDir, keptSlot, readKept } from './record.ts';

/** A sandbox of a package that failed, on the disk: no process, no mount, no memory. */
export interface KeptSandbox {
  readonly dir: string;
  readonly record: KeptRecord;
}

/** How much may be kept. */
export interface KeepBounds {
  readonly count: number;
  readonly sizeBytes: number;
}

/** Where a sandbox is put before it has its final name: what is found there was never finished. */
export const newPrefix = '.new-';

/** The kept sandboxes, the newest first. */
export function listKept(stateDir: string): readonly KeptSandbox[] {
  const root = keptDir(stateDir);
  const found = listNames(root).flatMap((name) => {
    const record = name.startsWith('.') ? undefined : readKept(join(root, name));
    return record?.pkg === name ? [{ dir: join(root, name), record }] : [];
  });
  return found.toSorted((a, b) => b.record.failedAtMs - a.record.failedAtMs);
}

/** Those that must go: past their time, then the oldest beyond the count or the size. */
export function chooseGoing(
  kept: readonly KeptSandbox[],
  bounds: KeepBounds,
  nowMs: number,
): readonly KeptSandbox[] {
  let count = 0;
  let sizeBytes = 0;
  return kept.filter(({ record }) => {
    if (record.untilMs <= nowMs || count + 1 > bounds.count) return true;
    if (sizeBytes + record.sizeBytes > bounds.sizeBytes) return true;
    count += 1;
    sizeBytes += record.sizeBytes;
    return false;
  });
}

/** Whether somebody is in a kept sandbox. */
export function isOpen(stateDir: string, pkg: string): boolean {
  return findSlot(stateDir, keptSlot(pkg)).pid !== undefined;
}

/** Whether a kept sandbox has something of this directory below what it kept: it must stay until that goes. */
export function isKeptLower(stateDir: string, dir: string): boolean {
  return listKept(stateDir).some(({ record }) =>
    record.parts.some(({ lowers }) => lowers.some((lower) => isWithin(lower, dir))),
  );
}

/** Deletes a kept sandbox. Throws SANDBOX_REMOVE. */
export async function removeKept(dir: string): Promise<void> {
  const trash = join(dir, '..', trashName('kept', randomBytes(6).toString('hex')));
  try {
    renameSync(dir, trash);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  await removeTree(trash);
}

/** Makes room: deletes what is past its time or beyond the bounds, but nothing that somebody looks into. */
export async function pruneKept(stateDir: string, bounds: KeepBounds): Promise<readonly string[]> {
  const going = chooseGoing(listKept(stateDir), bounds, Date.now()).filter(
    ({ record }) => !isOpen(stateDir, record.pkg),
  );
  for (const { dir } of going) await removeKept(dir);
  return going.map(({ record }) => record.pkg);
}

/** Removes kept sandboxes past their time, and what was never finished or has no record that can be read. */
export const sweepKept: Sweeper = async ({ stateDir }) => {
  const root = keptDir(stateDir);
  const known = new Map(listKept(stateDir).map((one) => [one.dir, one.record]));
  let directoriesRemoved = 0;
  for (const name of listNames(root)) {
    const dir = join(root, name);
    const record = known.get(dir);
    if (isUnderway(name) || (record !== undefined && mayStay(stateDir, record))) continue;
    if (isTrashName(name)) await removeTree(dir);
    else await removeKept(dir);
    directoriesRemoved += 1;
  }
  return { directoriesRemoved };
};

const mayStay = (stateDir: string, { pkg, untilMs }: KeptRecord): boolean =>
  untilMs > Date.now() || isOpen(stateDir, pkg);

/** Of this very process: it is at it. */
const isUnderway = (name: string): boolean => name.startsWith(`${newPrefix}${process.pid}-`);

function listNames(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statfsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { kernelPath, type MountEntry, readMountTable } from '../mounts.ts';
import { isWithin } from '../names.ts';
import { isTrashOf } from './place.ts';

/** What a host shows of one slot, and of itself around all slots; taken before a slot is made and after it is clean. */
export interface Fingerprint {
  /** Mounted at or below the slot's directory, in the host's own table. */
  readonly mounts: readonly string[];
  /** Processes that are known to be the slot's, as words. */
  readonly processes: readonly string[];
  /** The slot's directory and its trash, as far as they are there. */
  readonly entries: readonly string[];
  /** What is mounted outside the directory of slots: how much, and a digest of where and what. */
  readonly outside: { readonly count: number; readonly digest: string };
  /** Free on the file system of the slots; undefined where it cannot be told. */
  readonly freeBytes: number | undefined;
}

/**
 * Looks at the slot of a directory, in about a millisecond: the mount table is read once, and no process is looked for.
 * `processes`: those that the driver knows by other means (its control group, who is in the directory).
 */
export function takeFingerprint(slotDir: string, processes: readonly string[] = []): Fingerprint {
  const table = readMountTable();
  const real = kernelPath(slotDir);
  const slots = dirname(real);
  const outside = table.filter(({ target }) => !isWithin(target, slots));
  return {
    mounts: table.filter(({ target }) => isWithin(target, real)).map(({ target }) => target),
    processes,
    entries: listEntries(slots, basename(real)),
    outside: { count: outside.length, digest: digestOf(outside) },
    freeBytes: freeBytesOf(slots),
  };
}

export interface FingerprintDifference {
  /** What a clean slot must not have left; a line each. */
  readonly dirty: readonly string[];
  /** What changed but need not be the slot's doing; a line each. */
  readonly notes: readonly string[];
}

/**
 * What is there after a slot that was not there before. `explainedBytes`: what its package may have left on the same
 * file system for good; undefined where others write there too, and free space tells nothing of this slot.
 */
export function compareFingerprints(
  before: Fingerprint,
  after: Fingerprint,
  explainedBytes: number | undefined,
): FingerprintDifference {
  const dirty = [
    ...added(before.mounts, after.mounts).map((target) => `${target} is mounted`),
    ...added(before.processes, after.processes).map((words) => `${words} runs`),
    ...added(before.entries, after.entries).map((path) => `${path} is there`),
  ];
  const notes: string[] = [];
  if (before.outside.digest !== after.outside.digest) {
    notes.push(
      `the host had ${before.outside.count} mounts of its own before and ${after.outside.count} after`,
    );
  }
  const lost = (before.freeBytes ?? 0) - (after.freeBytes ?? 0) - (explainedBytes ?? 0);
  const isKnown =
    explainedBytes !== undefined && before.freeBytes !== undefined && after.freeBytes !== undefined;
  if (isKnown && lost > noiseBytes) notes.push(`${Math.round(lost / 2 ** 20)} MiB of free space are gone`);
  return { dirty, notes };
}

/** Less than this comes and goes on any file system: journals, logs, the agent's own store. */
const noiseBytes = 64 * 2 ** 20;

function added(before: readonly string[], after: readonly string[]): readonly string[] {
  const known = new Set(before);
  return after.filter((one) => !known.has(one));
}

function listEntries(slots: string, slot: string): readonly string[] {
  const names = existsSync(slots) ? readdirSync(slots) : [];
  return names.filter((name) => name === slot || isTrashOf(name, slot)).map((name) => `${slots}/${name}`);
}

function digestOf(mounts: readonly MountEntry[]): string {
  const hash = createHash('sha256');
  for (const { target, root, source, type } of mounts)
    hash.update(`${target}\0${root}\0${source}\0${type}\n`);
  return hash.digest('hex');
}

/** The nearest directory that is there tells, before the first slot is made. */
function freeBytesOf(dir: string): number | undefined {
  let at = dir;
  while (!existsSync(at) && at !== '/') at = dirname(at);
  try {
    const { bavail, bsize } = statfsSync(at);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

import { randomUUID } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, renameSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { parseSha256 } from '../sha256.ts';
import { type Layout, layoutOf } from '../store/layout.ts';
import { removeFile, syncDir } from './files.ts';
import type { Answer } from './orders.ts';

export interface Opening {
  readonly root: string;
  readonly partKeepMs: number;
  readonly quarantineMax: number;
}

/**
 * Makes the directories of a store, removes what a crash left, and lists what is there. Whatever lies there that no store makes, a
 * link above all, is moved aside as it is: never followed, never opened.
 */
export const openRoot = ({ root, partKeepMs, quarantineMax }: Opening): Answer => {
  const layout = layoutOf(root);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const odd: string[] = [];
  const aside = (path: string): void => {
    renameSync(path, join(layout.quarantine, `odd-${randomUUID()}`));
    odd.push(path);
  };
  ownDir(layout.quarantine);
  for (const dir of [layout.blobs, layout.parts, layout.tmp]) ownDir(dir);
  syncDir(root);
  // All at once: one at a time, each would have to be synced before the first blob in it.
  for (let head = 0; head < 256; head += 1)
    makeHead(join(layout.blobs, head.toString(16).padStart(2, '0')), aside);
  syncDir(layout.blobs);
  sweepTemporaries(layout, aside);
  sweepParts(layout, partKeepMs, aside);
  trimQuarantine(layout, quarantineMax);
  return { ...listBlobs(layout, aside), odd };
};

/** A directory that is ours, and no link to one. */
const ownDir = (dir: string): void => {
  const stats = lstatSync(dir, { throwIfNoEntry: false });
  if (stats === undefined) mkdirSync(dir, { mode: 0o700 });
  else if (!isOwnDir(stats))
    throw Object.assign(new Error(`${dir} is not a directory of this account`), { code: 'ENOTOURS' });
};

const makeHead = (dir: string, aside: (path: string) => void): void => {
  const stats = lstatSync(dir, { throwIfNoEntry: false });
  if (stats !== undefined && isOwnDir(stats)) return;
  if (stats !== undefined) aside(dir);
  mkdirSync(dir, { mode: 0o700 });
};

const isOwnDir = (stats: Stats): boolean => stats.isDirectory() && stats.uid === process.geteuid?.();

const sweepTemporaries = ({ tmp }: Layout, aside: (path: string) => void): void => {
  for (const name of readdirSync(tmp)) {
    const path = join(tmp, name);
    if (lstatSync(path).isDirectory()) aside(path);
    else removeFile(path);
  }
};

const sweepParts = ({ parts }: Layout, keepMs: number, aside: (path: string) => void): void => {
  for (const name of readdirSync(parts)) {
    const path = join(parts, name);
    const stats = lstatSync(path);
    if (!stats.isFile() || parseSha256(name) === undefined) aside(path);
    else if (stats.nlink !== 1 || Date.now() - stats.mtimeMs > keepMs) removeFile(path);
  }
};

/** Keeps the newest; what is no file stays, since nobody knows what it is. */
const trimQuarantine = ({ quarantine }: Layout, max: number): void => {
  const files = readdirSync(quarantine)
    .map((name) => ({ path: join(quarantine, name), stats: lstatSync(join(quarantine, name)) }))
    .filter(({ stats }) => stats.isFile())
    .toSorted((a, b) => b.stats.ctimeMs - a.stats.ctimeMs);
  for (const { path } of files.slice(max)) removeFile(path);
};

const listBlobs = (layout: Layout, aside: (path: string) => void) => {
  const found: { readonly name: string; readonly stats: Stats }[] = [];
  for (const head of readdirSync(layout.blobs)) {
    const dir = join(layout.blobs, head);
    if (!/^[0-9a-f]{2}$/.test(head)) {
      aside(dir);
      continue;
    }
    for (const name of readdirSync(dir)) {
      const path = join(dir, name);
      const stats = lstatSync(path);
      if (stats.isFile() && parseSha256(name) !== undefined && name.startsWith(head))
        found.push({ name, stats });
      else aside(path);
    }
  }
  return {
    kind: 'opened',
    names: found.map(({ name }) => name),
    sizesBytes: Float64Array.from(found, ({ stats }) => stats.size),
    // Writing is a use too, and many file systems note reads but once a day.
    usedAtMs: Float64Array.from(found, ({ stats }) => Math.max(stats.atimeMs, stats.mtimeMs)),
  } as const;
};

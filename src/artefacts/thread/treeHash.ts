import { createHash, type Hash } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { parseSha256 } from '../sha256.ts';
import { openPlain, readPieces } from './files.ts';
import type { Answer } from './orders.ts';

export interface TreeWalk {
  readonly dir: string;
  /** Names of entries at the top that are not part of the tree. */
  readonly excludes: readonly string[];
  /** False: nothing is read, and the hash means nothing; for the stamp alone. */
  readonly readsFiles: boolean;
  /** A file that is to get the paths of all entries, directories first, each ended by a NUL. */
  readonly listTo: string | undefined;
}

/**
 * The hash of what a tree says: paths, contents, targets of links, and whether its owner may execute a file. Owners, times and the
 * rest of the modes are the host's, not the tree's. `stamp` changes whenever something in the tree is written meanwhile.
 */
export const hashTree = async ({ dir, excludes, readsFiles, listTo }: TreeWalk): Promise<Answer> => {
  const tree = createHash('sha256').update('tree 1\0');
  const stamp = createHash('sha256');
  const list = listTo === undefined ? undefined : openSync(listTo, 'wx', 0o600);
  const sums = { files: 0, sizeBytes: 0, seen: 0 };
  try {
    for (const { path, stats } of walkTree(dir, '', excludes)) {
      sums.seen += 1;
      if (sums.seen % 64 === 0) await breathe();
      stamp.update(`${path}\0${stats.size} ${stats.mtimeNs} ${stats.ctimeNs} ${stats.ino}\0`);
      if (list !== undefined) writeSync(list, `./${path}\0`);
      if (!readsFiles) continue;
      if (stats.isFile()) sums.sizeBytes += addFile(tree, dir, path, stats);
      else if (stats.isSymbolicLink()) tree.update(`link\0${path}\0${readlinkSync(join(dir, path))}\0`);
      else tree.update(`dir\0${path}\0`);
      sums.files += stats.isFile() ? 1 : 0;
    }
  } finally {
    if (list !== undefined) closeSync(list);
  }
  const sha256 = parseSha256(tree.digest('hex'));
  if (sha256 === undefined) throw new TypeError('a hash is no hash');
  const { files, sizeBytes } = sums;
  return { kind: 'treeHashed', sha256, files, sizeBytes, stamp: stamp.digest('hex') };
};

interface Entry {
  readonly path: string;
  readonly stats: BigIntStats;
}

function* walkTree(dir: string, below: string, excludes: readonly string[]): Generator<Entry> {
  // By code units, the same on every host.
  for (const name of readdirSync(join(dir, below)).sort()) {
    if (below === '' && excludes.includes(name)) continue;
    const path = below === '' ? name : `${below}/${name}`;
    const stats = lstatSync(join(dir, path), { bigint: true });
    const isKnown = stats.isFile() || stats.isSymbolicLink() || stats.isDirectory();
    if (!isKnown)
      throw Object.assign(new Error(`${join(dir, path)} is no file, link or directory`), { code: 'EODD' });
    yield { path, stats };
    if (stats.isDirectory()) yield* walkTree(dir, path, excludes);
  }
}

/** The content goes in by its own hash, so that no content can look like the next entry. */
const addFile = (tree: Hash, dir: string, path: string, { mode }: BigIntStats): number => {
  const content = createHash('sha256');
  const { fd } = openPlain(join(dir, path));
  let sizeBytes = 0;
  try {
    for (const piece of readPieces(fd, 2 ** 16)) {
      content.update(piece);
      sizeBytes += piece.length;
    }
  } finally {
    closeSync(fd);
  }
  const kind = (mode & 0o100n) === 0n ? 'file' : 'program';
  tree.update(`${kind}\0${path}\0${sizeBytes}\0${content.digest('hex')}\0`);
  return sizeBytes;
};

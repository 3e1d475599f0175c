import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { BulkmeshError, messageOf } from '../../errors.ts';
import { syncDirectory } from '../../files.ts';
import type { Sha256 } from '../sha256.ts';
import { layoutOf } from '../store/layout.ts';
import type { BlobRef, BlobStore } from '../store/store.ts';
import { expectAnswer } from '../thread/answers.ts';
import type { TreeWalk } from '../thread/treeHash.ts';
import { mustRun, type RunProgram } from './programs.ts';

export interface TreeOptions {
  readonly store: BlobStore;
  readonly run: RunProgram;
  readonly dir: string;
  /** Names at the top that are not part of the tree: `.git`, directories of work. */
  readonly excludes?: readonly string[];
}

/** What a tree says, as one hash: the same on every host that has the same tree, whatever made it. */
export interface TreeIdentity {
  readonly tree: Sha256;
  readonly files: number;
  readonly sizeBytes: number;
}

/**
 * Identifies a tree by paths, contents, targets of links and who may be executed; see `hashTree` for what does not count.
 * @throws {BulkmeshError} ARTEFACT_NOT_A_FILE when something in it is no file, link or directory, ARTEFACT_IO
 */
export const identifyTree = async ({
  store,
  dir,
  excludes = [],
}: Omit<TreeOptions, 'run'>): Promise<TreeIdentity> => {
  const { sha256, files, sizeBytes } = await walk(store, {
    dir,
    excludes,
    readsFiles: true,
    listTo: undefined,
  });
  return { tree: sha256, files, sizeBytes };
};

/**
 * A hash that is another one as soon as anybody has written to the tree; without reading a file. Of this host alone.
 * @throws {BulkmeshError} as `identifyTree`
 */
export const stampTree = async ({ store, dir, excludes = [] }: Omit<TreeOptions, 'run'>): Promise<string> => {
  const { stamp } = await walk(store, { dir, excludes, readsFiles: false, listTo: undefined });
  return stamp;
};

const walk = async (store: BlobStore, tree: TreeWalk) =>
  expectAnswer(await store.threads.ask({ kind: 'hashTree', ...tree }), 'treeHashed');

/** A tree as one blob (tar in zstd) that any host unpacks. */
export interface Snapshot extends TreeIdentity {
  readonly blob: BlobRef;
}

/**
 * Packs a tree into the store.
 * @throws {BulkmeshError} ARTEFACT_TREE_CHANGED when somebody wrote to it meanwhile, ARTEFACT_PACK, and as `identifyTree`
 */
export const packTree = async ({ store, run, dir, excludes = [] }: TreeOptions): Promise<Snapshot> => {
  const { tmp } = layoutOf(store.root);
  const [list, tar] = [join(tmp, randomUUID()), join(tmp, randomUUID())];
  const packed = `${tar}.zst`;
  try {
    const before = await walk(store, { dir, excludes, readsFiles: true, listTo: list });
    await mustRun(run, 'ARTEFACT_PACK', await describeTar(run, tar, list, dir));
    // Two programs with a file between them, not a pipe: no shell, and the failure of either is seen.
    await mustRun(run, 'ARTEFACT_PACK', ['zstd', '-q', '-3', '-T0', '--rm', '-o', packed, tar]);
    const after = await walk(store, { dir, excludes, readsFiles: false, listTo: undefined });
    if (after.stamp !== before.stamp) {
      throw new BulkmeshError('ARTEFACT_TREE_CHANGED', `somebody wrote to ${dir} while it was packed`, {
        hint: 'let the update of the tree end, and try again',
      });
    }
    const blob = await store.addFile(packed, { mayLink: true });
    if (blob === undefined) throw new TypeError('a blob that nobody expected is not as expected');
    const { sha256, files, sizeBytes } = before;
    return { tree: sha256, files, sizeBytes, blob: { sha256: blob.sha256, sizeBytes: blob.sizeBytes } };
  } finally {
    for (const path of [list, tar, packed]) await rm(path, { force: true });
  }
};

/** GNU tar can be told to leave out what is the host's; where it is another tar, two hosts may make two blobs of one tree. */
const describeTar = async (
  run: RunProgram,
  tar: string,
  list: string,
  dir: string,
): Promise<readonly string[]> => {
  const { stdout } = await run(['tar', '--version']);
  const stable = stdout.includes('GNU tar')
    ? ['--format=gnu', '--mtime=@0', '--owner=0', '--group=0', '--mode=u+rwX,go+rX,go-w']
    : ['--format=gnutar', '--uid', '0', '--gid', '0'];
  return ['tar', '-cf', tar, ...stable, '--numeric-owner', '--no-recursion', '-C', dir, '--null', '-T', list];
};

/**
 * Unpacks a snapshot to `target`, which is then there whole and proven, or not at all; its parent directory must exist. What a crash
 * leaves is beside the target, under a name that begins with `.new-` and the target's.
 * @throws {BulkmeshError} ARTEFACT_TREE_MISSING when the store has no such blob, ARTEFACT_TREE_WRONG when it holds another tree,
 *   ARTEFACT_UNPACK, ARTEFACT_TREE_LARGE
 */
export const unpackTree = async (
  { store, run, dir: target }: TreeOptions,
  snapshot: { readonly tree: Sha256; readonly blob: Sha256 },
): Promise<void> => {
  const { tmp } = layoutOf(store.root);
  const [packed, tar] = [join(tmp, randomUUID()), join(tmp, randomUUID())];
  const next = join(dirname(target), `.new-${basename(target)}-${randomUUID()}`);
  try {
    const place = { target: packed, temporary: join(tmp, randomUUID()), mayLink: true, mode: 0o600 };
    if (!(await store.place(snapshot.blob, place))) {
      throw new BulkmeshError('ARTEFACT_TREE_MISSING', `no file of the tree ${snapshot.tree} is here`);
    }
    await decompress(packed, tar, Math.floor((await store.room()).freeBytes * unpackShare));
    await checkMembers(run, tar);
    await mkdir(next, { mode: 0o755 });
    await mustRun(run, 'ARTEFACT_UNPACK', ['tar', '-xpf', tar, '--no-same-owner', '-C', next]);
    const { sha256 } = await walk(store, { dir: next, excludes: [], readsFiles: true, listTo: undefined });
    if (sha256 !== snapshot.tree) {
      throw new BulkmeshError('ARTEFACT_TREE_WRONG', `${snapshot.blob} holds the tree ${sha256}`, {
        hint: 'a host gave a file that is not what it said: see which one the log names',
      });
    }
    // A power cut must not leave the final name over empty files.
    if (process.platform === 'linux') await run(['sync', '-f', next]);
    await rename(next, target);
    await syncDirectory(dirname(target));
  } finally {
    for (const path of [packed, tar]) await rm(path, { force: true });
    await rm(next, { recursive: true, force: true });
  }
};

/** The archive may take so much of what is free: it is unpacked beside itself. */
const unpackShare = 0.4;

/** A few bytes can say that they are a whole disk of zeros. */
const decompress = async (packed: string, target: string, bytesMax: number): Promise<void> => {
  let sizeBytes = 0;
  const count = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      sizeBytes += chunk.length;
      done(sizeBytes > bytesMax ? treeTooLarge(bytesMax) : null, chunk);
    },
  });
  try {
    const source = createReadStream(packed, { highWaterMark: 2 ** 18 });
    await pipeline(source, createZstdDecompress(), count, createWriteStream(target, { mode: 0o600 }));
  } catch (cause) {
    if (cause instanceof BulkmeshError) throw cause;
    throw new BulkmeshError('ARTEFACT_UNPACK', `a snapshot cannot be unpacked: ${messageOf(cause)}`, {
      hint: 'look for free space; or a host gave a file that is not what it said: see which one the log names',
      cause,
    });
  }
};

const treeTooLarge = (bytesMax: number): BulkmeshError =>
  new BulkmeshError('ARTEFACT_TREE_LARGE', `a snapshot unpacks to more than ${bytesMax} bytes`, {
    hint: 'make room on the disk of the state directory',
  });

/** tar itself takes care too; what would lie elsewhere is not even begun. */
const checkMembers = async (run: RunProgram, tar: string): Promise<void> => {
  const names = (await mustRun(run, 'ARTEFACT_UNPACK', ['tar', '-tf', tar])).split('\n');
  const unsafe = names.find((name) => name.startsWith('/') || name.split('/').includes('..'));
  if (unsafe === undefined) return;
  throw new BulkmeshError('ARTEFACT_TREE_WRONG', `a snapshot has a member "${unsafe}"`);
};

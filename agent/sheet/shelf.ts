import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSha256, type Sha256 } from '../../src/artefacts/sha256.ts';
import type { BlobStore } from '../../src/artefacts/store/store.ts';
import type { RunProgram } from '../../src/artefacts/tree/programs.ts';
import { unpackTree } from '../../src/artefacts/tree/snapshot.ts';
import { messageOf } from '../../src/errors.ts';
import { removeTree } from '../../src/sandbox/remove.ts';
import type { GetBlob } from './getBlob.ts';
import type { PackedTree } from './terms.ts';

/** Directories that came from other hosts, unpacked, each under the hash of what it says. */
export interface Shelf {
  /**
   * Where a directory lies, fetched and unpacked when it is not here yet; it stays until it is released. Rejects with the reason
   * of the signal, and with what `get` and `unpackTree` throw.
   */
  hold(packed: PackedTree, get: GetBlob, signal: AbortSignal): Promise<HeldTree>;
}

export interface HeldTree {
  readonly dir: string;
  /** May be called again. */
  release(): void;
}

/** So many stay though nobody uses them, those used last: the next build is often of the same tree. */
const idleMax = 3;

export interface ShelfOptions {
  readonly stateDir: string;
  readonly blobs: BlobStore;
  readonly run: RunProgram;
  /** One line for the operator. */
  readonly onWarning: (text: string) => void;
}

export const createShelf = ({ stateDir, blobs, run, onWarning }: ShelfOptions): Shelf => {
  const root = join(stateDir, 'mesh', 'trees');
  const held = new Map<Sha256, number>();
  const coming = new Map<Sha256, Promise<void>>();
  let clearing = Promise.resolve();

  const unpack = async ({ tree, blob }: PackedTree, get: GetBlob, signal: AbortSignal): Promise<void> => {
    await get({ ...blob, maxBytes: blob.sizeBytes }, signal);
    await mkdir(root, { recursive: true, mode: 0o755 });
    await unpackTree({ store: blobs, run, dir: join(root, tree) }, { tree, blob: blob.sha256 });
  };

  /** Whoever asks first brings it; when that fails for a reason of its own, the next one tries. */
  const bring = async (packed: PackedTree, get: GetBlob, signal: AbortSignal): Promise<void> => {
    while (!existsSync(join(root, packed.tree))) {
      signal.throwIfAborted();
      const running = coming.get(packed.tree);
      if (running !== undefined) {
        await running.catch(() => undefined);
        continue;
      }
      const mine = unpack(packed, get, signal).finally(() => coming.delete(packed.tree));
      coming.set(packed.tree, mine);
      await mine;
    }
  };

  const release = (tree: Sha256): void => {
    const count = (held.get(tree) ?? 0) - 1;
    if (count > 0) held.set(tree, count);
    else held.delete(tree);
    // One after the other: two would be in each other's way.
    clearing = clearing
      .then(() => removeIdle(root, (name) => held.has(name) || coming.has(name)))
      .catch((error: unknown) =>
        onWarning(`a tree that is of no use any more stays in ${root}: ${messageOf(error)}`),
      );
  };

  return {
    hold: async (packed, get, signal) => {
      const { tree } = packed;
      const dir = join(root, tree);
      held.set(tree, (held.get(tree) ?? 0) + 1);
      let isHeld = true;
      const letGo = (): void => {
        if (isHeld) release(tree);
        isHeld = false;
      };
      try {
        await bring(packed, get, signal);
        // The oldest go first.
        await utimes(dir, new Date(), new Date());
        return { dir, release: letGo };
      } catch (error) {
        letGo();
        throw error;
      }
    },
  };
};

/**
 * Removes what nobody uses beyond what may stay, and what an unpacking left that a dead agent had begun. A tree first gets
 * another name: under its own, one that is half deleted when the agent dies would be taken for a whole one.
 */
const removeIdle = async (root: string, isUsed: (tree: Sha256) => boolean): Promise<void> => {
  const idle: { readonly dir: string; readonly usedAtMs: number }[] = [];
  for (const name of await readdir(root).catch(() => [])) {
    const tree = parseSha256(name);
    if (tree !== undefined && !isUsed(tree)) {
      const dir = join(root, name);
      const usedAtMs = await stat(dir).then(
        ({ mtimeMs }) => mtimeMs,
        () => undefined,
      );
      if (usedAtMs !== undefined) idle.push({ dir, usedAtMs });
    }
    const ofTree = /^\.(?:new|old)-([0-9a-f]{64})-/.exec(name)?.[1];
    const half = ofTree === undefined ? undefined : parseSha256(ofTree);
    if (half !== undefined && !isUsed(half)) await removeTree(join(root, name));
  }
  for (const { dir } of idle.toSorted((a, b) => b.usedAtMs - a.usedAtMs).slice(idleMax)) {
    const going = join(root, `.old-${dir.slice(-64)}-${randomUUID()}`);
    // Somebody may have begun to use it while others were removed.
    const tree = parseSha256(dir.slice(-64));
    if (tree === undefined || isUsed(tree)) continue;
    await rename(dir, going);
    await removeTree(going);
  }
};

import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Sha256 } from '../../src/artefacts/sha256.ts';
import type { BlobRef, BlobStore } from '../../src/artefacts/store/store.ts';
import type { RunProgram } from '../../src/artefacts/tree/programs.ts';
import { identifyTree, packTree, stampTree } from '../../src/artefacts/tree/snapshot.ts';
import { blobSchema, sha256Schema } from './fields.ts';
import type { PackedTree } from './terms.ts';

/** Directories that builds read, as this host has them. What they say is known for as long as nobody writes to them. */
export interface OwnTrees {
  /** @throws {BulkmeshError} as `identifyTree` */
  identify(dir: string): Promise<Sha256>;
  /** Its blob is in the store then. @throws {BulkmeshError} as `packTree` */
  pack(dir: string): Promise<PackedTree>;
}

/** Of version control: the same tree is at hand where it was got in another way. */
const excludes: readonly string[] = ['.git', '.hg', 'CVS'];
/** So many directories are remembered, those looked at last. */
const notesMax = 64;

interface Note {
  readonly dir: string;
  readonly stamp: string;
  readonly tree: Sha256;
  readonly blob?: BlobRef | undefined;
}

const notesSchema: z.ZodType<readonly Note[]> = z.array(
  z.object({ dir: z.string(), stamp: z.string(), tree: sha256Schema, blob: blobSchema.optional() }),
);

export interface OwnTreesOptions {
  readonly stateDir: string;
  readonly blobs: BlobStore;
  readonly run: RunProgram;
}

export const createOwnTrees = ({ stateDir, blobs, run }: OwnTreesOptions): OwnTrees => {
  const file = join(stateDir, 'mesh', 'trees.json');
  let turn: Promise<unknown> = Promise.resolve();

  /** One at a time: two readers of one disk are slower than one after the other, and the second may know by then. */
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };

  /** What is known of a directory, or what `learn` finds, kept when nobody wrote to the directory meanwhile. */
  const know = (
    dir: string,
    isEnough: (note: Note) => boolean,
    learn: () => Promise<Omit<Note, 'dir' | 'stamp'>>,
  ) =>
    inTurn(async (): Promise<Note> => {
      const stamp = await stampTree({ store: blobs, dir, excludes });
      const notes = await readNotes(file);
      const known = notes.find((note) => note.dir === dir && note.stamp === stamp);
      if (known !== undefined && isEnough(known)) return known;
      const learnt = { dir, stamp, ...(await learn()) };
      if ((await stampTree({ store: blobs, dir, excludes })) === stamp) {
        await writeNotes(file, [learnt, ...notes.filter((note) => note.dir !== dir)].slice(0, notesMax));
      }
      return learnt;
    });

  return {
    identify: async (dir) => {
      const learn = () => identifyTree({ store: blobs, dir, excludes });
      return (
        await know(
          dir,
          () => true,
          async () => ({ tree: (await learn()).tree }),
        )
      ).tree;
    },
    pack: async (dir) => {
      const isHere = ({ blob }: Note): boolean => blob !== undefined && blobs.has(blob.sha256);
      const { tree, blob } = await know(dir, isHere, () => packTree({ store: blobs, run, dir, excludes }));
      if (blob === undefined) throw new TypeError('a tree that was packed has no blob');
      return { tree, blob };
    },
  };
};

/** Whatever cannot be read is learnt again. */
const readNotes = async (file: string): Promise<readonly Note[]> => {
  try {
    return notesSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return [];
  }
};

const writeNotes = async (file: string, notes: readonly Note[]): Promise<void> => {
  const temporary = `${file}.${randomUUID()}`;
  await mkdir(dirname(file), { recursive: true });
  try {
    const known = notes.map(({ dir, stamp, tree, blob }) => ({ dir, stamp, tree, blob }));
    await writeFile(temporary, JSON.stringify(known), { mode: 0o600 });
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
};

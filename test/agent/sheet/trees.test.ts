import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createOwnTrees } from '../../../agent/sheet/ownTrees.ts';
import { createShelf, type Shelf } from '../../../agent/sheet/shelf.ts';
import type { PackedTree } from '../../../agent/sheet/terms.ts';
import type { RunProgram } from '../../../src/artefacts/tree/programs.ts';
import { runTool } from '../../../src/sandbox/process.ts';
import { eventually, never, useHosts } from '../../artefacts/hosts.ts';

const hosts = useHosts();

/** A directory with one file. */
const makeDir = (text: string): string => {
  const dir = join(hosts.scratch(), 'tree');
  mkdirSync(join(dir, '.git'), { recursive: true });
  writeFileSync(join(dir, 'Makefile'), text);
  return dir;
};

describe('a directory of this host', () => {
  it('is packed again only when somebody wrote to it, or its blob is gone, also in the next life', async () => {
    const { store: blobs, root } = await hosts.openStore();
    const programs: string[] = [];
    const run: RunProgram = (argv, cwd) => {
      if (argv[1] === '-cf') programs.push('tar');
      return runTool(argv, cwd);
    };
    const open = () => createOwnTrees({ stateDir: join(root, '..'), blobs, run });
    const dir = makeDir('one');
    const trees = open();
    const first = await trees.pack(dir);
    expect(await Promise.all([trees.pack(dir), open().pack(dir)])).toEqual([first, first]);
    expect(await trees.identify(dir)).toBe(first.tree);
    expect(programs).toHaveLength(1);
    await blobs.drop(first.blob.sha256);
    expect(await trees.pack(dir)).toEqual(first);
    expect(programs).toHaveLength(2);
    writeFileSync(join(dir, 'Makefile'), 'two');
    expect((await open().identify(dir)) === first.tree).toBe(false);
    expect((await trees.pack(dir)).tree === first.tree).toBe(false);
    expect(programs).toHaveLength(3);
    writeFileSync(join(root, '..', 'mesh', 'trees.json'), 'damaged');
    await trees.pack(dir);
    expect(programs).toHaveLength(4);
  });
});

describe('directories of other hosts', () => {
  const setUp = async () => {
    const { store: blobs, root } = await hosts.openStore();
    const other = await hosts.openStore();
    const stateDir = join(root, '..');
    const theirs = createOwnTrees({ stateDir: join(other.root, '..'), blobs: other.store, run: runTool });
    const asked: string[] = [];
    const get = async ({ sha256 }: { readonly sha256: PackedTree['tree'] }): Promise<void> => {
      asked.push(sha256);
      await blobs.addFile(other.store.pathOf(sha256), { mayLink: false, expected: sha256 });
    };
    const shelf = createShelf({ stateDir, blobs, run: runTool, onWarning: (line) => expect(line).toBe('') });
    const hold = (packed: PackedTree, how = get): ReturnType<Shelf['hold']> => shelf.hold(packed, how, never);
    return { theirs, asked, get, hold, place: join(stateDir, 'mesh', 'trees') };
  };

  it('come once for all who want them, and are tried again by the next when the first one fails', async () => {
    const { theirs, asked, hold } = await setUp();
    const packed = await theirs.pack(makeDir('one'));
    const failing = hold(packed, () => Promise.reject(new Error('no such peer')));
    const held = await Promise.all([hold(packed), hold(packed), failing.catch(() => undefined)]);
    await expect(failing).rejects.toThrow('no such peer');
    expect(asked).toHaveLength(1);
    expect(held[0]?.dir).toBe(held[1]?.dir);
    expect(existsSync(join(held[0]?.dir ?? '', 'Makefile'))).toBe(true);
    expect(existsSync(join(held[0]?.dir ?? '', '.git'))).toBe(false);
  });

  it('stay while they are used; of others a few stay, those used last', async () => {
    const { theirs, hold, place } = await setUp();
    const used = await hold(await theirs.pack(makeDir('used')));
    const packed = await theirs.pack(makeDir('half'));
    mkdirSync(join(place, `.new-${packed.tree}-left`));
    const names: string[] = [];
    for (const text of ['a', 'b', 'c', 'd']) {
      const held = await hold(await theirs.pack(makeDir(text)));
      names.push(held.dir);
      held.release();
      held.release();
    }
    const wanted = [used.dir, ...names.slice(1)].map((dir) => dir.slice(-64)).sort();
    await eventually(() => readdirSync(place).sort()).toEqual(wanted);
    rmSync(place, { recursive: true });
  });
});

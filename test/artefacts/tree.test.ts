import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { RunProgram } from '../../src/artefacts/tree/programs.ts';
import { identifyTree, packTree, unpackTree } from '../../src/artefacts/tree/snapshot.ts';
import { runTool } from '../../src/sandbox/process.ts';
import { useHosts } from './hosts.ts';

const hosts = useHosts();

/** A small tree with what trees have: programs, links, names that are not plain. */
const makeTree = (): string => {
  const dir = join(hosts.scratch(), 'tree');
  mkdirSync(join(dir, 'devel', 'gmake', 'patches'), { recursive: true });
  mkdirSync(join(dir, '.git'));
  writeFileSync(join(dir, '.git', 'HEAD'), String(Math.random()));
  writeFileSync(join(dir, 'Makefile'), 'all:\n');
  writeFileSync(join(dir, 'devel', 'gmake', 'Makefile'), 'DISTNAME=make-4.4\n');
  writeFileSync(join(dir, 'devel', 'gmake', 'patches', ' patch-a\nb*'), '+x\n');
  writeFileSync(join(dir, 'devel', '-T'), 'looks like an option');
  writeFileSync(join(dir, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  symlinkSync('../Makefile', join(dir, 'devel', 'link'));
  symlinkSync('/nowhere', join(dir, 'dangling'));
  return dir;
};

const excludes = ['.git'];

describe('the hash of a tree', () => {
  it('is the same for the same tree, whoever made it, when, and under which umask', async () => {
    const { store } = await hosts.openStore();
    const [one, two] = [makeTree(), makeTree()];
    utimesSync(join(two, 'Makefile'), 1, 1);
    chmodSync(join(two, 'Makefile'), 0o600);
    chmodSync(join(two, 'devel'), 0o700);
    const first = await identifyTree({ store, dir: one, excludes });
    expect(await identifyTree({ store, dir: two, excludes })).toEqual(first);
    expect(first.files).toBe(5);
  });

  it('is another when a content, a name, a link or the right to execute is another', async () => {
    const { store } = await hosts.openStore();
    const dir = makeTree();
    const seen = new Set<string>();
    const note = async (): Promise<void> => {
      seen.add((await identifyTree({ store, dir, excludes })).tree);
    };
    await note();
    writeFileSync(join(dir, 'Makefile'), 'all :');
    await note();
    writeFileSync(join(dir, 'Makefile2'), '');
    await note();
    chmodSync(join(dir, 'Makefile2'), 0o755);
    await note();
    symlinkSync('Makefile2', join(dir, 'x'));
    await note();
    mkdirSync(join(dir, 'empty'));
    await note();
    expect(seen.size).toBe(6);
  });

  it('is refused for what is no tree of files: a pipe in it is not waited for', async () => {
    const { store } = await hosts.openStore();
    const dir = makeTree();
    execFileSync('mkfifo', [join(dir, 'pipe')]);
    await expect(identifyTree({ store, dir })).rejects.toMatchObject({ code: 'ARTEFACT_NOT_A_FILE' });
  });
});

describe('a snapshot of a tree', () => {
  it('unpacks to the same tree elsewhere, and is one blob whoever makes it', async () => {
    const { store, root } = await hosts.openStore();
    const dir = makeTree();
    const snapshot = await packTree({ store, run: runTool, dir, excludes });
    expect(await packTree({ store, run: runTool, dir: makeTree(), excludes })).toEqual(snapshot);
    const target = join(hosts.scratch(), 'unpacked');
    const wanted = { tree: snapshot.tree, blob: snapshot.blob.sha256 };
    await unpackTree({ store, run: runTool, dir: target }, wanted);
    expect((await identifyTree({ store, dir: target })).tree).toBe(snapshot.tree);
    expect(readFileSync(join(target, 'devel', 'gmake', 'patches', ' patch-a\nb*'), 'utf8')).toBe('+x\n');
    expect(readlinkSync(join(target, 'devel', 'link'))).toBe('../Makefile');
    expect(statSync(join(target, 'run.sh')).mode & 0o111).toBe(0o111);
    expect(existsSync(join(target, '.git'))).toBe(false);
    expect(readdirSync(join(target, '..'))).toEqual(['unpacked']);
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
  });

  it('is not made of a tree that somebody writes to meanwhile', async () => {
    const { store, root } = await hosts.openStore();
    const dir = makeTree();
    const writing: RunProgram = async (argv, cwd) => {
      writeFileSync(join(dir, 'Makefile'), String(Math.random()));
      return runTool(argv, cwd);
    };
    const packing = packTree({ store, run: writing, dir, excludes });
    await expect(packing).rejects.toMatchObject({ code: 'ARTEFACT_TREE_CHANGED' });
    expect([store.list(), readdirSync(join(root, 'tmp'))]).toEqual([[], []]);
  });

  it('that unpacks to more than there is room for is given up, and leaves nothing behind', async () => {
    const { store } = await hosts.openStore();
    const { tree, blob } = await packTree({ store, run: runTool, dir: makeTree(), excludes });
    const room = { level: 'plenty', freeBytes: 5_000, totalBytes: 10_000, wantBytes: 0 } as const;
    vi.spyOn(store, 'room').mockResolvedValue(room);
    const target = join(hosts.scratch(), 'unpacked');
    const unpacking = unpackTree({ store, run: runTool, dir: target }, { tree, blob: blob.sha256 });
    await expect(unpacking).rejects.toThrow('unpacks to more than 2000 bytes');
    expect(existsSync(target)).toBe(false);
    expect(readdirSync(join(store.root, 'tmp'))).toEqual([]);
  });

  it('that holds another tree, a path upwards, or nothing that can be unpacked, leaves nothing behind', async () => {
    const { store, root } = await hosts.openStore();
    const parent = hosts.scratch();
    const target = join(parent, 'unpacked');
    const right = await packTree({ store, run: runTool, dir: makeTree(), excludes });
    const evil = join(hosts.scratch(), 'evil');
    mkdirSync(join(evil, 'in'), { recursive: true });
    writeFileSync(join(evil, 'out'), 'out');
    const tar = (name: string, ...args: string[]): string => {
      const path = join(evil, name);
      execFileSync('tar', ['--zstd', '-cPf', path, '-C', join(evil, 'in'), ...args]);
      return path;
    };
    writeFileSync(join(evil, 'junk'), 'junk');
    const cases = [
      [tar('up.tar.zst', '../out'), 'ARTEFACT_TREE_WRONG'],
      [tar('abs.tar.zst', join(evil, 'out')), 'ARTEFACT_TREE_WRONG'],
      [tar('other.tar.zst', '.'), 'ARTEFACT_TREE_WRONG'],
      [join(evil, 'junk'), 'ARTEFACT_UNPACK'],
    ] as const;
    for (const [path, code] of cases) {
      const blob = await store.addFile(path, { mayLink: false });
      if (blob === undefined) throw new Error('not stored');
      const wanted = { tree: right.tree, blob: blob.sha256 };
      await expect(unpackTree({ store, run: runTool, dir: target }, wanted)).rejects.toMatchObject({ code });
    }
    await store.drop(right.blob.sha256);
    const gone = { tree: right.tree, blob: right.blob.sha256 };
    await expect(unpackTree({ store, run: runTool, dir: target }, gone)).rejects.toMatchObject({
      code: 'ARTEFACT_TREE_MISSING',
    });
    expect([readdirSync(parent), readdirSync(join(root, 'tmp'))]).toEqual([[], []]);
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { obtainTree, type TreeRequest } from '../../../agent/tree/tree.ts';

const haveGit = spawnSync('git', ['--version'], { stdio: 'ignore' }).status === 0;

let top = '';
let origin = '';
let dir = '';

const git = (where: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=n@example.org', ...args], {
    cwd: where,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();

const commit = (where: string, name: string, text: string): string => {
  writeFileSync(join(where, name), text);
  git(where, 'add', name);
  git(where, 'commit', '-q', '-m', name);
  return git(where, 'rev-parse', 'HEAD');
};

const obtain = (request: Partial<TreeRequest> = {}) =>
  obtainTree({
    dir,
    url: `file://${origin}`,
    branch: 'trunk',
    depth: 1,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...request,
  });

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'bulkmesh-tree-'));
  origin = join(top, 'origin');
  dir = join(top, 'content', 'pkgsrc');
  if (!haveGit) return;
  mkdirSync(join(origin, 'mk'), { recursive: true });
  git(top, 'init', '-q', '-b', 'trunk', origin);
  commit(origin, 'mk/bsd.pkg.mk', '');
  git(origin, 'tag', 'v1');
  commit(origin, 'one', '1\n');
  git(origin, 'branch', 'pkgsrc-2026Q3');
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

describe.skipIf(!haveGit)(`obtainTree${haveGit ? '' : ' [skipped: no git]'}`, () => {
  it('clones one commit of one branch where nothing is, and where there is an empty directory', async () => {
    const head = git(origin, 'rev-parse', 'trunk');
    expect(await obtain()).toEqual({
      kind: 'cloned',
      revision: { kind: 'git', commit: head, branch: 'trunk' },
    });
    expect(git(dir, 'rev-list', '--count', '--all')).toBe('1');
    expect(readdirSync(join(top, 'content'))).toEqual(['pkgsrc']);
    const empty = join(top, 'empty');
    mkdirSync(empty);
    expect(await obtain({ dir: empty, branch: 'v1', depth: 0 })).toMatchObject({ kind: 'cloned' });
    expect(existsSync(join(empty, 'one'))).toBe(false);
  });

  it('follows the branch, goes to another one, to a tag and back, and says when nothing is new', async () => {
    await obtain();
    expect(await obtain()).toMatchObject({ kind: 'current' });
    const newer = commit(origin, 'two', '2\n');
    expect(await obtain()).toMatchObject({ kind: 'updated', revision: { commit: newer } });
    expect(await obtain({ branch: 'pkgsrc-2026Q3' })).toMatchObject({
      revision: { branch: 'pkgsrc-2026Q3' },
    });
    expect(await obtain({ branch: 'v1' })).toMatchObject({ revision: { branch: undefined } });
    const newest = commit(origin, 'three', '3\n');
    expect(await obtain()).toMatchObject({ kind: 'updated', revision: { commit: newest, branch: 'trunk' } });
    expect(git(dir, 'rev-parse', '--is-shallow-repository')).toBe('true');
  });

  it('follows an origin whose history was written anew', async () => {
    await obtain();
    git(origin, 'checkout', '-q', '--orphan', 'anew');
    git(origin, 'commit', '-q', '-m', 'anew');
    git(origin, 'branch', '-q', '-M', 'anew', 'trunk');
    const head = git(origin, 'rev-parse', 'trunk');
    expect(await obtain()).toMatchObject({ kind: 'updated', revision: { commit: head } });
  });

  it('refuses to touch changed files, and leaves those that git does not know alone', async () => {
    await obtain();
    writeFileSync(join(dir, 'mine'), 'untracked\n');
    commit(origin, 'two', '2\n');
    expect(await obtain()).toMatchObject({ kind: 'updated' });
    writeFileSync(join(dir, 'one'), 'changed\n');
    await expect(obtain()).rejects.toMatchObject({
      code: 'TREE_CHANGED',
      message: expect.stringContaining('one'),
    });
    expect(readFileSync(join(dir, 'one'), 'utf8')).toBe('changed\n');
    expect(readFileSync(join(dir, 'mine'), 'utf8')).toBe('untracked\n');
  });

  it('refuses when a file of the update would replace one that git does not know', async () => {
    await obtain();
    writeFileSync(join(dir, 'two'), 'mine\n');
    commit(origin, 'two', '2\n');
    await expect(obtain()).rejects.toMatchObject({ code: 'TREE_UPDATE_FAILED' });
    expect(readFileSync(join(dir, 'two'), 'utf8')).toBe('mine\n');
  });

  it('refuses to leave commits of the user behind, on the checkout and on the branch it would go to', async () => {
    await obtain();
    const mine = commit(dir, 'local', 'x\n');
    await expect(obtain()).rejects.toMatchObject({ code: 'TREE_AHEAD' });
    git(dir, 'checkout', '-q', 'HEAD~');
    await expect(obtain()).rejects.toMatchObject({ code: 'TREE_AHEAD' });
    expect(git(dir, 'rev-parse', 'trunk')).toBe(mine);
  });

  it('runs nothing that a checkout of somebody else has set: no monitor, no hook, no program of its settings', async () => {
    await obtain();
    const traces = join(top, 'traces');
    const program = join(top, 'program');
    writeFileSync(program, `#!/bin/sh\necho "$0 $*" >>"${traces}"\n`, { mode: 0o755 });
    git(dir, 'config', 'core.fsmonitor', program);
    for (const hook of ['post-checkout', 'reference-transaction', 'post-index-change']) {
      writeFileSync(join(dir, '.git', 'hooks', hook), `#!/bin/sh\nexec "${program}"\n`, { mode: 0o755 });
    }
    commit(origin, 'two', '2\n');
    expect((await obtain()).kind).toBe('updated');
    expect(existsSync(traces)).toBe(false);

    for (const [name, value] of [
      ['core.sshCommand', program],
      ['remote.origin.uploadpack', program],
      ['filter.evil.smudge', program],
      ['include.path', '/dev/null'],
    ] as const) {
      git(dir, 'config', name, value);
      await expect(obtain()).rejects.toMatchObject({ code: 'TREE_SETTINGS' });
      git(dir, 'config', '--unset', name);
    }
    expect(existsSync(traces)).toBe(false);
  });

  it('keeps the history of a clone that has all of it', async () => {
    git(top, 'clone', '-q', `file://${origin}`, dir);
    commit(origin, 'two', '2\n');
    expect(await obtain()).toMatchObject({ kind: 'updated' });
    expect(git(dir, 'rev-list', '--count', 'HEAD')).toBe('3');
  });

  it('leaves a clone of something else, and any other tree, as it is', async () => {
    await obtain();
    await expect(obtain({ url: 'https://example.org/other.git' })).rejects.toMatchObject({
      code: 'TREE_OTHER_ORIGIN',
    });
    git(dir, 'remote', 'remove', 'origin');
    expect(await obtain()).toMatchObject({ kind: 'adopted', revision: { kind: 'git' } });
    const plain = join(top, 'plain');
    mkdirSync(plain);
    writeFileSync(join(plain, 'README'), '');
    expect(await obtain({ dir: plain })).toEqual({ kind: 'adopted', revision: { kind: 'none' } });
    expect(readdirSync(plain)).toEqual(['README']);
  });

  const isRoot = process.getuid?.() === 0;
  it.skipIf(!isRoot)(
    `says whose business a tree of somebody else is${isRoot ? '' : ' [skipped: only root can give it away]'}`,
    async () => {
      await obtain();
      execFileSync('chown', ['-R', '12345', dir]);
      await expect(obtain()).rejects.toMatchObject({
        code: 'TREE_UPDATE_FAILED',
        hint: expect.stringContaining('owns the tree'),
      });
    },
  );

  it('leaves nothing of a clone that fails, that is stopped, or that is no pkgsrc', async () => {
    await expect(obtain({ branch: 'absent' })).rejects.toMatchObject({
      code: 'TREE_CLONE_FAILED',
      hint: expect.stringContaining('ls-remote'),
    });
    await expect(obtain({ url: `file://${top}/nowhere` })).rejects.toMatchObject({
      code: 'TREE_CLONE_FAILED',
    });
    const stop = new AbortController();
    const stopped = obtain({ signal: stop.signal, onProgress: () => stop.abort() });
    await expect(stopped).rejects.toMatchObject({ code: 'TREE_STOPPED' });
    git(origin, 'rm', '-q', 'mk/bsd.pkg.mk');
    git(origin, 'commit', '-q', '-m', 'no pkgsrc any more');
    await expect(obtain()).rejects.toMatchObject({ code: 'TREE_NOT_PKGSRC' });
    expect(readdirSync(join(top, 'content'))).toEqual([]);
  });

  it('sweeps what a killed clone left beside the tree', async () => {
    const left = join(top, 'content', '.pkgsrc.new-1-1');
    mkdirSync(join(left, 'x'), { recursive: true });
    await obtain();
    expect(readdirSync(join(top, 'content'))).toEqual(['pkgsrc']);
  });

  it.each(['-x', 'a..b', 'a b', '', 'x/', 'HEAD@{1}', 'a.lock'])('takes no branch %j', async (branch) => {
    await expect(obtain({ branch })).rejects.toMatchObject({ code: 'TREE_BAD_SOURCE' });
  });
});

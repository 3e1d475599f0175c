import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeRevision, readTreeRevision } from '../../src/pkgsrc/revision.ts';

const commit = '0123456789abcdef0123456789abcdef01234567';
const other = 'fedcba9876543210fedcba9876543210fedcba98';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bulkmesh-revision-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const write = (name: string, text: string): void => {
  mkdirSync(dirname(join(dir, name)), { recursive: true });
  writeFileSync(join(dir, name), text);
};

describe('readTreeRevision', () => {
  it('finds the commit of a branch that was just committed to', async () => {
    write('.git/HEAD', 'ref: refs/heads/pkgsrc-2026Q3\n');
    write('.git/refs/heads/pkgsrc-2026Q3', `${commit}\n`);
    write('.git/packed-refs', `${other} refs/heads/pkgsrc-2026Q3\n`);
    const found = await readTreeRevision(dir);
    expect(found).toEqual({ kind: 'git', commit, branch: 'pkgsrc-2026Q3' });
    expect(describeRevision(found)).toBe('git 0123456789ab (pkgsrc-2026Q3)');
  });

  it('finds the commit of a branch among packed refs, where another name ends with the same word', async () => {
    write('.git/HEAD', 'ref: refs/heads/trunk\n');
    const header = '# pack-refs with: peeled fully-peeled sorted';
    write(
      '.git/packed-refs',
      `${header}\n${other} refs/remotes/refs/heads/trunk\n${commit} refs/heads/trunk\n`,
    );
    expect(await readTreeRevision(dir)).toEqual({ kind: 'git', commit, branch: 'trunk' });
  });

  it('knows a checkout of a tag by its commit alone', async () => {
    write('.git/HEAD', `${commit}\n`);
    expect(await readTreeRevision(dir)).toEqual({ kind: 'git', commit, branch: undefined });
  });

  it('follows a worktree to the repository that it belongs to', async () => {
    write('repository/worktrees/w/HEAD', 'ref: refs/heads/trunk\n');
    write('repository/worktrees/w/commondir', '../..\n');
    write('repository/refs/heads/trunk', `${commit}\n`);
    write('tree/.git', `gitdir: ${dir}/repository/worktrees/w\n`);
    expect(await readTreeRevision(join(dir, 'tree'))).toMatchObject({ commit, branch: 'trunk' });
  });

  it('says which branch a CVS checkout is of', async () => {
    write('CVS/Root', 'anoncvs@anoncvs.example.org:/cvsroot\n');
    const trunk = await readTreeRevision(dir);
    expect(describeRevision(trunk)).toBe('CVS trunk');
    write('CVS/Tag', 'Tpkgsrc-2014Q1\n');
    expect(await readTreeRevision(dir)).toMatchObject({ kind: 'cvs', tag: 'pkgsrc-2014Q1' });
  });

  it('takes a directory with neither, and one that is not there, for no checkout', async () => {
    expect(await readTreeRevision(dir)).toEqual({ kind: 'none' });
    expect(await readTreeRevision(join(dir, 'absent'))).toEqual({ kind: 'none' });
  });

  it('says nothing of a commit that it cannot read', async () => {
    write('.git/HEAD', 'ref: refs/heads/.invalid\n');
    expect(await readTreeRevision(dir)).toMatchObject({ kind: 'git', commit: undefined });
    write('.git/HEAD', 'ref: refs/../../../../etc/passwd\n');
    const led = await readTreeRevision(dir);
    expect(led).toEqual({ kind: 'git', commit: undefined, branch: undefined });
    expect(describeRevision(led)).toBe('git of an unknown commit');
  });
});

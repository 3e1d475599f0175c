import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** Which version of pkgsrc lies in a directory, as far as its files say. */
export type TreeRevision =
  | {
      readonly kind: 'git';
      /** Hexadecimal, whole; undefined before the first commit, or where refs are not kept as files. */
      readonly commit: string | undefined;
      /** Undefined for a checkout of a tag or of a single commit. */
      readonly branch: string | undefined;
    }
  | {
      readonly kind: 'cvs';
      readonly root: string;
      /** The branch or tag (`pkgsrc-2014Q1`); undefined on the trunk. */
      readonly tag: string | undefined;
    }
  /** No checkout of either: an unpacked archive, say. */
  | { readonly kind: 'none' };

const commitPattern = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * Reads the revision of a tree from git's or CVS's own files (gitrepository-layout(5); CVS/Root and CVS/Tag) without
 * starting a program. That files were changed since the checkout is not seen. Never throws.
 */
export async function readTreeRevision(dir: string): Promise<TreeRevision> {
  const gitDir = await findGitDir(dir);
  if (gitDir !== undefined) return readGit(gitDir);
  const root = await readLine(join(dir, 'CVS', 'Root'));
  if (root === undefined) return { kind: 'none' };
  const tag = await readLine(join(dir, 'CVS', 'Tag'));
  // T is a branch, N a tag that is no branch, D a date.
  return { kind: 'cvs', root, tag: tag === undefined ? undefined : tag.replace(/^[TND]/, '') };
}

/** The revision in a few words: `git 0123456789ab (trunk)`. */
export function describeRevision(revision: TreeRevision): string {
  switch (revision.kind) {
    case 'git': {
      const commit = revision.commit?.slice(0, 12) ?? 'of an unknown commit';
      return `git ${commit}${revision.branch === undefined ? '' : ` (${revision.branch})`}`;
    }
    case 'cvs':
      return `CVS ${revision.tag ?? 'trunk'}`;
    case 'none':
      return 'no checkout of git or CVS';
  }
}

/** `.git` is a directory, or in a worktree a file that names one. */
async function findGitDir(dir: string): Promise<string | undefined> {
  const path = join(dir, '.git');
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const pointed = found.isDirectory() ? undefined : await readLine(path);
  const gitDir = pointed?.startsWith('gitdir: ') ? resolve(dir, pointed.slice('gitdir: '.length)) : path;
  return (await readLine(join(gitDir, 'HEAD'))) === undefined ? undefined : gitDir;
}

async function readGit(gitDir: string): Promise<TreeRevision> {
  const head = (await readLine(join(gitDir, 'HEAD'))) ?? '';
  if (commitPattern.test(head)) return { kind: 'git', commit: head, branch: undefined };
  const ref = /^ref: (refs\/\S+)$/.exec(head)?.[1];
  // A name with dots between slashes would lead out of the directory; git makes none such.
  if (ref === undefined || ref.includes('..')) return { kind: 'git', commit: undefined, branch: undefined };
  // Worktrees keep their own HEAD, and share the branches.
  const common = await readLine(join(gitDir, 'commondir'));
  const refsDir = common === undefined ? gitDir : resolve(gitDir, common);
  const loose = (await readLine(join(gitDir, ref))) ?? (await readLine(join(refsDir, ref)));
  const commit =
    loose !== undefined && commitPattern.test(loose)
      ? loose
      : await findPacked(join(refsDir, 'packed-refs'), ref);
  return { kind: 'git', commit, branch: ref.replace(/^refs\/heads\//, '') };
}

/** `packed-refs`: a commit, a blank and a ref on each line; lines of other forms are no refs. */
async function findPacked(file: string, ref: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const line = text.split('\n').find((one) => one.endsWith(` ${ref}`));
  const commit = line?.slice(0, -ref.length - 1) ?? '';
  return commitPattern.test(commit) ? commit : undefined;
}

/** The first line of a file; undefined where it cannot be read or is empty. */
async function readLine(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n')[0]?.trim() || undefined;
}

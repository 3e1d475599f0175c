import { readdir, stat } from 'node:fs/promises';
import { checkGitBranch, checkGitUrl } from '../../src/config/valueCheck.ts';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import { readTreeRevision, type TreeRevision } from '../../src/pkgsrc/revision.ts';
import { cloneTree } from './clone.ts';
import { readOrigin, updateTree } from './update.ts';

export interface TreeRequest {
  /** Where the tree is to be, absolute. */
  readonly dir: string;
  readonly url: string;
  /** A branch, or a tag. */
  readonly branch: string;
  /** Commits of history to fetch; 0: all. */
  readonly depth: number;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** What there is after `obtainTree`. */
export type TreeOutcome =
  | { readonly kind: 'cloned'; readonly revision: TreeRevision }
  | { readonly kind: 'updated'; readonly before: TreeRevision; readonly revision: TreeRevision }
  | { readonly kind: 'current'; readonly revision: TreeRevision }
  /** Taken as it is: no git checkout with an origin, so there is nothing that could be updated. */
  | { readonly kind: 'adopted'; readonly revision: TreeRevision };

/**
 * Clones the tree where there is none, updates a git checkout, and takes any other directory as it is. Throws
 * `BulkmeshError` TREE_*; a clone that does not end well leaves nothing.
 */
export async function obtainTree(request: TreeRequest): Promise<TreeOutcome> {
  checkSource(request);
  if (await isVacant(request.dir)) {
    await cloneTree(request);
    return { kind: 'cloned', revision: await readTreeRevision(request.dir) };
  }
  const before = await readTreeRevision(request.dir);
  const origin = before.kind === 'git' ? await readOrigin(request.dir) : undefined;
  if (origin === undefined) return { kind: 'adopted', revision: before };
  await updateTree(request, origin);
  const revision = await readTreeRevision(request.dir);
  return isSame(before, revision) ? { kind: 'current', revision } : { kind: 'updated', before, revision };
}

/** True where nothing is, or an empty directory. Throws TREE_NO_DIRECTORY for anything but a directory. */
async function isVacant(dir: string): Promise<boolean> {
  try {
    const found = await stat(dir).catch((error: unknown) => {
      if (Object(error).code === 'ENOENT') return undefined;
      throw error;
    });
    return found === undefined || (await readdir(dir)).length === 0;
  } catch (cause) {
    throw new BulkmeshError('TREE_NO_DIRECTORY', `cannot look at ${dir}: ${messageOf(cause)}`, {
      hint: 'set paths.pkgsrc to a directory, or to a place where one can be made',
      cause,
    });
  }
}

const isSame = (one: TreeRevision, other: TreeRevision): boolean =>
  one.kind === 'git' && other.kind === 'git' && one.commit === other.commit && one.branch === other.branch;

/** Words of the command line get here as they were typed. */
function checkSource({ url, branch }: TreeRequest): void {
  const wrong = checkGitUrl(url) ?? checkGitBranch(branch);
  if (wrong === undefined) return;
  throw new BulkmeshError('TREE_BAD_SOURCE', `the tree cannot come from there: ${wrong.what}`, {
    hint: wrong.todo,
  });
}

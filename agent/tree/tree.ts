import { readdir, stat } from 'node:fs/promises';
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

/** What git would take for an option, a pattern or another ref has no place in these words. */
function checkSource({ url, branch }: TreeRequest): void {
  const bad = /[\p{Cc}\s]/u.test(url) || url === '' || url.startsWith('-') ? url : undefined;
  if (bad !== undefined) throw badSource('the URL', bad);
  const isRef = /^[A-Za-z0-9_][\w./+@-]*$/.test(branch);
  if (!isRef || /\.\.|\/\/|@\{|\/$|\.$|\.lock$|\/\./.test(branch)) throw badSource('the branch', branch);
}

function badSource(what: string, text: string): BulkmeshError {
  return new BulkmeshError('TREE_BAD_SOURCE', `${what} ${JSON.stringify(text)} cannot be given to git`, {
    hint: 'give it as git itself writes it: https://host/path.git, and pkgsrc-2026Q3 or trunk',
  });
}

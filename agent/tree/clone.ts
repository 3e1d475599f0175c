import { access, mkdir, realpath, rename, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import { syncDirectory } from '../../src/files.ts';
import { readTreeRevision } from '../../src/pkgsrc/revision.ts';
import { removeTree } from '../../src/sandbox/remove.ts';
import { halfMadePath, sweepHalfMade } from '../halfMade.ts';
import { runGit } from './git.ts';
import type { TreeRequest } from './tree.ts';

/**
 * Keeps what was last fetched of a branch or tag (`refs/heads/trunk`): commits that none of these holds are the
 * user's own.
 */
export const fetchedRef = (ref: string): string => ref.replace(/^refs\//, 'refs/bulkmesh/');

/**
 * Clones one branch or tag to a place that is absent or an empty directory. The tree has its name when it is
 * whole, and not before. Throws TREE_CLONE_FAILED, TREE_NOT_PKGSRC, and what `runGit` throws.
 */
export async function cloneTree(request: TreeRequest): Promise<void> {
  const { url, branch, signal, onProgress } = request;
  // A link to a larger disk stays what it is.
  const target = await realpath(request.dir).catch(() => request.dir);
  await mkdir(dirname(target), { recursive: true });
  await sweepHalfMade(target);
  const next = halfMadePath(target);
  const depth = request.depth === 0 ? [] : [`--depth=${request.depth}`];
  try {
    const done = await runGit(
      ['clone', '--progress', '--single-branch', ...depth, `--branch=${branch}`, '--', url, next],
      { cwd: dirname(target), signal, onProgress },
    );
    if (!done.ok) throw cloneFailed(request, done.reason);
    await checkIsPkgsrc(next, url, branch);
    const made = await readTreeRevision(next);
    const isTag = made.kind === 'git' && made.branch === undefined;
    const ref = `refs/${isTag ? 'tags' : 'heads'}/${branch}`;
    const noted = await runGit(['update-ref', fetchedRef(ref), 'HEAD'], { cwd: next });
    if (!noted.ok) throw cloneFailed(request, noted.reason);
    await takePlace(next, target);
  } catch (error) {
    await removeTree(next);
    throw error;
  }
}

async function checkIsPkgsrc(dir: string, url: string, branch: string): Promise<void> {
  await access(join(dir, 'mk', 'bsd.pkg.mk')).catch((cause: unknown) => {
    throw new BulkmeshError(
      'TREE_NOT_PKGSRC',
      `${url}, ${branch}, is no pkgsrc tree: it has no mk/bsd.pkg.mk`,
      {
        hint: 'give the URL and the branch of a pkgsrc repository',
        cause,
      },
    );
  });
}

/** An empty directory makes room; anything else that has come there meanwhile stays, and is an error. */
async function takePlace(next: string, target: string): Promise<void> {
  try {
    await rmdir(target).catch((error: unknown) => {
      if (Object(error).code !== 'ENOENT') throw error;
    });
    await rename(next, target);
    await syncDirectory(dirname(target));
  } catch (cause) {
    throw new BulkmeshError('TREE_CLONE_FAILED', `cannot put the tree at ${target}: ${messageOf(cause)}`, {
      hint: 'that must be an empty directory or nothing at all, and no mount point: name another in paths.pkgsrc',
      cause,
    });
  }
}

function cloneFailed({ url, branch }: TreeRequest, reason: string): BulkmeshError {
  const hint = /Remote branch .* not found/.test(reason)
    ? `see what there is: git ls-remote --heads --tags ${url}`
    : 'see [tree] of the configuration, and whether this host reaches that one';
  return new BulkmeshError('TREE_CLONE_FAILED', `cannot clone ${branch} of ${url}: ${reason}`, { hint });
}

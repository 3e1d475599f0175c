import { BulkmeshError } from '../../src/errors.ts';
import { fetchedRef } from './clone.ts';
import { type GitCall, type GitResult, runGit } from './git.ts';
import type { TreeRequest } from './tree.ts';

/**
 * The URL that a checkout came from; undefined where it names none. Throws TREE_UPDATE_FAILED where git will not look
 * at it: it belongs to somebody else.
 */
export async function readOrigin(dir: string): Promise<string | undefined> {
  mustWork(dir, await runGit(['rev-parse', '--git-dir'], { cwd: dir }));
  const origin = await runGit(['config', '--get', 'remote.origin.url'], { cwd: dir });
  return origin.ok ? origin.stdout.trim() || undefined : undefined;
}

/**
 * Brings a checkout to the branch or tag as it is at its origin now. Nothing of the user's own is lost: changed
 * files (TREE_CHANGED), commits that came from nowhere else (TREE_AHEAD), another origin (TREE_OTHER_ORIGIN) or files
 * in the way (TREE_UPDATE_FAILED) refuse it, and so do settings of the checkout that have git run programs or go
 * elsewhere (TREE_SETTINGS). Throws also TREE_NO_BRANCH and what `runGit` throws.
 */
export async function updateTree(request: TreeRequest, origin: string): Promise<void> {
  const { dir, url, branch, signal, onProgress } = request;
  if (plainUrl(origin) !== plainUrl(url)) throw otherOrigin(request, origin);
  const git = async (args: readonly string[], call: Partial<GitCall> = {}): Promise<GitResult> =>
    mustWork(dir, await runGit(args, { cwd: dir, ...call }));

  refuseSettings(dir, (await git(['config', '--local', '--list', '--name-only', '-z'])).stdout);
  const look = ['status', '--porcelain', '-z', '--untracked-files=no', '--ignore-submodules=all'];
  refuseChanges(dir, (await git(look)).stdout);
  const listed = await git(['ls-remote', '--', 'origin', `refs/heads/${branch}`, `refs/tags/${branch}`], {
    signal,
  });
  const isBranch = listed.stdout.includes(`\trefs/heads/${branch}\n`);
  if (!isBranch && !listed.stdout.includes(`\trefs/tags/${branch}\n`)) throw noBranch(request);
  for (const own of ['HEAD', ...(isBranch ? [`refs/heads/${branch}`] : [])]) await refuseOwnCommits(dir, own);

  // A whole clone stays whole: --depth would take its history away.
  const isShallow = (await git(['rev-parse', '--is-shallow-repository'])).stdout.trim() === 'true';
  const depth = isShallow && request.depth > 0 ? [`--depth=${request.depth}`] : [];
  const ref = isBranch ? `refs/heads/${branch}` : `refs/tags/${branch}`;
  const words = ['--', 'origin', `+${ref}:${fetchedRef(ref)}`];
  await git(['fetch', '--progress', '--no-tags', ...depth, ...words], { signal, onProgress });
  // Not to be stopped in the middle: half of one tree and half of another would look like changes of the user's.
  const place = isBranch ? ['--no-track', '-B', branch] : ['--detach'];
  await git(['checkout', '--quiet', ...place, fetchedRef(ref)]);
}

/** Settings by which git runs a program when it looks at a checkout or fetches, or finds further settings. */
const tellingSetting = new RegExp(
  [
    '^core\\.(?:sshcommand|gitproxy|askpass|alternaterefscommand|worktree)$',
    '^(?:include|includeif|filter|credential|protocol|url)\\.',
    '^remote\\..*\\.(?:uploadpack|vcs|proxy)$',
    '^(?:extensions\\.worktreeconfig|gc\\.recentobjectshook)$',
  ].join('|'),
  'i',
);

/** A tree may have been unpacked from somebody's archive, and what git reads in it would run as this account. */
function refuseSettings(dir: string, names: string): void {
  const found = names.split('\0').find((name) => tellingSetting.test(name));
  if (found === undefined) return;
  throw new BulkmeshError('TREE_SETTINGS', `${dir}/.git/config sets ${found}, which has git run programs`, {
    hint: 'if that is yours, move it to ~/.gitconfig, or update that tree by hand: it is used as it is',
  });
}

function refuseChanges(dir: string, status: string): void {
  const changed = status.split('\0').filter((entry) => entry !== '');
  if (changed.length === 0) return;
  const named = changed.slice(0, 3).map((entry) => entry.slice(3));
  const more = changed.length > named.length ? ` and ${changed.length - named.length} more` : '';
  throw new BulkmeshError('TREE_CHANGED', `${dir} has changes of yours: ${named.join(', ')}${more}`, {
    hint: 'commit them to a branch of your own, stash them, or update that tree by hand',
  });
}

async function refuseOwnCommits(dir: string, ref: string): Promise<void> {
  const known = ['--remotes', '--tags', '--glob=refs/bulkmesh'];
  const counted = await runGit(['rev-list', '--count', ref, '--not', ...known], { cwd: dir });
  // No such branch here yet.
  if (!counted.ok || counted.stdout.trim() === '0') return;
  const name = ref === 'HEAD' ? 'its checkout' : ref.replace('refs/heads/', 'its branch ');
  throw new BulkmeshError(
    'TREE_AHEAD',
    `${dir} has commits of its own: ${counted.stdout.trim()} on ${name}`,
    {
      hint: 'push them, or update that tree by hand',
    },
  );
}

/** Two spellings of one URL. */
const plainUrl = (url: string): string => url.replace(/\/+$/, '').replace(/\.git$/, '');

function mustWork(dir: string, result: GitResult): GitResult {
  if (result.ok) return result;
  throw new BulkmeshError('TREE_UPDATE_FAILED', `cannot update ${dir}: ${result.reason}`, {
    hint: result.reason.includes('dubious ownership')
      ? 'run this as the account that owns the tree'
      : 'nothing of the tree has been lost; git status there says more',
  });
}

function noBranch({ url, branch }: TreeRequest): BulkmeshError {
  return new BulkmeshError('TREE_NO_BRANCH', `${url} has no branch or tag ${branch}`, {
    hint: `see what there is: git ls-remote --heads --tags ${url}`,
  });
}

function otherOrigin({ dir, url }: TreeRequest, origin: string): BulkmeshError {
  return new BulkmeshError('TREE_OTHER_ORIGIN', `${dir} is a clone of ${origin}, and not of ${url}`, {
    hint: `set tree.url to ${origin} (or give --url), or update that tree by hand: it is used as it is`,
  });
}

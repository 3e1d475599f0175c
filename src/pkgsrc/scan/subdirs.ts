import { BulkmeshError } from '../../errors.ts';
import type { Sandbox } from '../../sandbox/driver.ts';
import { lastLine } from '../environment.ts';
import { type MakeEnvironment, makeCommand } from '../make.ts';
import { isCategory, isPkgPath } from '../name.ts';
import type { PkgPath } from '../package.ts';
import { forEachLimited } from './pool.ts';

export interface SubdirRequest {
  readonly sandbox: Sandbox;
  readonly environment: MakeEnvironment;
  /** make processes at the same time. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** One line: a category that was left out, and why. */
  readonly onWarning: (line: string) => void;
}

/** A top-level SUBDIR of the full tree is about 1 kB; devel's 40 kB. */
const SUBDIR_BYTES = 4 << 20;

/**
 * Every PKGPATH that the tree lists, in the order of its SUBDIR lists, without doubles. An entry of the top
 * level with a slash is a path of USER_ADDITIONAL_PKGS. A category whose make fails is left out with a
 * warning, as pbulk does; a top level that fails throws `BulkmeshError` TREE_FAILS.
 */
export async function listSubdirs(request: SubdirRequest): Promise<readonly PkgPath[]> {
  const top = await readSubdirs(request, '');
  if (top.kind === 'failed') {
    const where = request.environment.pkgsrc;
    throw new BulkmeshError('TREE_FAILS', `make show-subdir-var failed in ${where}: ${top.reason}`, {
      hint: 'Name the packages to build, or look at the tree: its top Makefile lists no categories.',
    });
  }
  const found = new Map<number, readonly string[]>();
  await forEachLimited([...top.entries.entries()], request.concurrency, async ([index, entry]) => {
    request.signal.throwIfAborted();
    found.set(index, await readCategory(request, entry));
  });
  const paths = top.entries.flatMap((_, index) => found.get(index) ?? []);
  return [...new Set(paths.filter((path) => isListedPath(request, path)))].filter(isPkgPath);
}

type Subdirs =
  | { readonly kind: 'listed'; readonly entries: readonly string[] }
  | { readonly kind: 'failed'; readonly reason: string };

async function readCategory(request: SubdirRequest, entry: string): Promise<readonly string[]> {
  if (entry.includes('/')) return [entry];
  if (!isCategory(entry)) {
    request.onWarning(`${JSON.stringify(entry)} in SUBDIR is not the name of a category; left out`);
    return [];
  }
  const subdirs = await readSubdirs(request, entry);
  if (subdirs.kind === 'listed') return subdirs.entries.map((name) => `${entry}/${name}`);
  request.onWarning(`category ${entry} left out: ${subdirs.reason}`);
  return [];
}

async function readSubdirs(request: SubdirRequest, dir: string): Promise<Subdirs> {
  const { environment, sandbox, signal } = request;
  const result = await sandbox.run(
    makeCommand(environment, {
      dir,
      targets: ['show-subdir-var'],
      assignments: ['VARNAME=SUBDIR'],
      output: { kind: 'capture', maxBytes: SUBDIR_BYTES },
      signal,
    }),
  );
  signal.throwIfAborted();
  if (result.kind !== 'exited' || result.code !== 0) return { kind: 'failed', reason: lastLine(result) };
  return { kind: 'listed', entries: result.stdout.split(/\s+/).filter((word) => word !== '') };
}

function isListedPath(request: SubdirRequest, path: string): boolean {
  if (isPkgPath(path)) return true;
  request.onWarning(`${JSON.stringify(path)} in SUBDIR is not a PKGPATH; left out`);
  return false;
}

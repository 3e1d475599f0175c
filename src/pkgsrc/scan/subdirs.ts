import { BulkmeshError } from '../../errors.ts';
import { isCategory, isPkgPath } from '../name.ts';
import type { PkgPath } from '../package.ts';
import type { Answers } from './answers.ts';
import { type BatchPorts, type MakeEnd, runMakes } from './makebatch.ts';
import { explainEnd } from './pathindex.ts';
import { BatchSizer, drainGrowing } from './pool.ts';

export interface SubdirRequest extends BatchPorts {
  /** make processes at the same time. */
  readonly concurrency: number;
  /** What earlier scans gave. */
  readonly answers?: Answers | undefined;
  /** One line: a category that was left out, and why. */
  readonly onWarning: (line: string) => void;
}

/** The tree's own directory, as a place; no category has such a name. */
export const TOP = '.';

/**
 * Every PKGPATH that the tree lists, in the order of its SUBDIR lists, without doubles. An entry of the top
 * level with a slash is a path of USER_ADDITIONAL_PKGS. A category whose make fails is left out with a
 * warning, as pbulk does; a top level that fails throws `BulkmeshError` TREE_FAILS.
 */
export async function listSubdirs(request: SubdirRequest): Promise<readonly PkgPath[]> {
  const top = (await readLists(request, [TOP])).get(TOP);
  if (top?.kind !== 'listed') {
    const where = request.environment.pkgsrc;
    throw new BulkmeshError('TREE_FAILS', `make show-subdir-var failed in ${where}: ${top?.reason ?? ''}`, {
      hint: 'Name the packages to build, or look at the tree: its top Makefile lists no categories.',
    });
  }
  const categories = top.entries.filter((entry) => !entry.includes('/') && isCategory(entry));
  const lists = await readLists(request, [...new Set(categories)]);
  const paths = top.entries.flatMap((entry) => readEntry(request, entry, lists));
  return [...new Set(paths.filter((path) => isListedPath(request, path)))].filter(isPkgPath);
}

type Subdirs =
  | { readonly kind: 'listed'; readonly entries: readonly string[] }
  | { readonly kind: 'failed'; readonly reason: string };

function readEntry(
  request: SubdirRequest,
  entry: string,
  lists: ReadonlyMap<string, Subdirs>,
): readonly string[] {
  if (entry.includes('/')) return [entry];
  const list = lists.get(entry);
  if (list === undefined) {
    request.onWarning(`${JSON.stringify(entry)} in SUBDIR is not the name of a category; left out`);
    return [];
  }
  if (list.kind === 'listed') return list.entries.map((name) => `${entry}/${name}`);
  request.onWarning(`category ${entry} left out: ${list.reason}`);
  return [];
}

async function readLists(
  request: SubdirRequest,
  places: readonly string[],
): Promise<ReadonlyMap<string, Subdirs>> {
  const { answers, concurrency } = request;
  const found = new Map<string, Subdirs>();
  for (const place of (await answers?.holding(places)) ?? []) {
    found.set(place, {
      kind: 'listed',
      entries: splitWords(Buffer.from(answers?.text(place) ?? []).toString()),
    });
  }
  const sizer = new BatchSizer(concurrency);
  const left = places.filter((place) => !found.has(place));
  await drainGrowing(
    left,
    concurrency,
    (count) => sizer.size(count),
    async (batch) => {
      const startedAtMs = Date.now();
      const ends = await runMakes(request, batch, {
        targets: ['show-subdir-var'],
        assignments: ['VARNAME=SUBDIR'],
      });
      sizer.took(batch.length, Date.now() - startedAtMs);
      for (const place of batch) found.set(place, readEnd(ends.get(place)));
      await keepLists(request, startedAtMs, ends);
      return [];
    },
  );
  return found;
}

/** The lists print no SCAN_DEPENDS, so make is asked once more which files it read. */
async function keepLists(
  request: SubdirRequest,
  startedAtMs: number,
  ends: ReadonlyMap<string, MakeEnd>,
): Promise<void> {
  if (request.answers === undefined) return;
  const listed = [...ends].flatMap(([place, end]) =>
    end.kind === 'exited' && end.code === 0 ? [{ place, text: Buffer.from(end.stdout) }] : [],
  );
  if (listed.length === 0) return;
  const read = await runMakes(
    request,
    listed.map(({ place }) => place),
    { targets: ['-V', '.MAKE.MAKEFILES'] },
  );
  const given = listed.map(({ place, text }) => {
    const end = read.get(place);
    const makefiles = end?.kind === 'exited' && end.code === 0 ? splitWords(end.stdout) : [];
    return { place, text, makefiles };
  });
  await request.answers.keep(startedAtMs, given);
}

function readEnd(end: MakeEnd | undefined): Subdirs {
  if (end?.kind === 'exited' && end.code === 0) return { kind: 'listed', entries: splitWords(end.stdout) };
  return { kind: 'failed', reason: end === undefined ? 'no answer' : explainEnd(end) };
}

const splitWords = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');

function isListedPath(request: SubdirRequest, path: string): boolean {
  if (isPkgPath(path)) return true;
  request.onWarning(`${JSON.stringify(path)} in SUBDIR is not a PKGPATH; left out`);
  return false;
}

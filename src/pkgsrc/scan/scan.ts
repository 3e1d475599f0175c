import { readdir } from 'node:fs/promises';
import { BulkmeshError } from '../../errors.ts';
import type { Sandbox, UserId } from '../../sandbox/driver.ts';
import { keepFirst } from '../duplicates.ts';
import type { MakeEnvironment } from '../make.ts';
import { checkPkgPath, isPkgPath } from '../name.ts';
import type { PkgPath, ScanFailure, ScanRecord } from '../package.ts';
import { WordTable } from '../wordtable.ts';
import type { Answers } from './answers.ts';
import type { Elsewhere } from './elsewhere.ts';
import { ScanFrontier } from './frontier.ts';
import { Indexer } from './indexer.ts';
import { hasMakefile, type PathIndex } from './pathindex.ts';
import { BatchSizer, drainGrowing } from './pool.ts';
import { listSubdirs, TOP } from './subdirs.ts';

export interface ScanRequest {
  /** One sandbox for the whole scan: make processes run in it side by side. */
  readonly sandbox: Sandbox;
  readonly environment: MakeEnvironment;
  /** Who runs make; undefined: root, or the caller where there is no root. */
  readonly user?: UserId | undefined;
  /** PKGPATHs wanted; empty: the whole tree. */
  readonly pkgpaths: readonly string[];
  /** What earlier scans gave; undefined: make is asked for everything, and nothing is kept. */
  readonly answers?: Answers | undefined;
  /** Undefined: this host scans alone. */
  readonly elsewhere?: Elsewhere | undefined;
  /** make processes at the same time. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** Counts of PKGPATHs; `total` grows while a limited scan finds what it depends on. */
  readonly onProgress?: (done: number, total: number, failed: number) => void;
  readonly onFailure?: (failure: ScanFailure) => void;
  readonly onWarning?: (line: string) => void;
}

export interface ScanResult {
  /**
   * One for each PKGNAME. Of the whole tree in the order of its lists; of a limited scan those asked for come
   * first, then the others by path. The order in which make answered has no part in it.
   */
  readonly records: readonly ScanRecord[];
  /** By PKGPATH. */
  readonly failures: readonly ScanFailure[];
  /** PKGPATHs that make was run for; all others were known. */
  readonly makes: number;
}

/**
 * Scans the whole tree, or what is wanted and all that it needs. A path that fails fails alone. Throws
 * `BulkmeshError`: PKGPATH_INVALID or PKGPATH_UNKNOWN before anything is run, SCAN_EMPTY when nothing at all
 * could be scanned, SCAN_TROUBLE for trouble of the host; and the reason of the signal when it is aborted.
 */
export async function scanTree(request: ScanRequest): Promise<ScanResult> {
  const found = await new TreeScan(request).run();
  const { records, duplicates } = keepFirst(found.records);
  for (const { dropped, kept } of duplicates) {
    // Versions of one package that share a PKGNAME are the tree's way, and the first is the default.
    if (dropped.pkgpath === kept.pkgpath) continue;
    request.onWarning?.(`${dropped.pkgname} of ${dropped.pkgpath} left out: ${kept.pkgpath} has one already`);
  }
  const failures = [...found.failures].sort((one, other) => (one.pkgpath < other.pkgpath ? -1 : 1));
  if (records.length === 0) throw scanEmpty(request, failures);
  return { records, failures, makes: found.makes };
}

/** Says what one path gave, undefined for nothing, and hears what to scan besides. */
type Take = (pkgpath: PkgPath, records: readonly ScanRecord[] | undefined) => readonly PkgPath[];

/** A make of a large tree on a slow host. */
const UNKNOWN_MS = 500;
/** A tree that changes while it is scanned is scanned again where it changed, so often in all. */
const ROUNDS_MAX = 3;

class TreeScan {
  readonly #request: ScanRequest;
  readonly #indexer: Indexer;
  readonly #sizer: BatchSizer;
  readonly #toldFailures = new Set<PkgPath>();
  #failures: ScanFailure[] = [];
  #done = 0;
  /** Other hosts have the tree as it was when the scan began: where it changed since, they are of no use. */
  #elsewhere: Elsewhere | undefined;

  constructor(request: ScanRequest) {
    this.#request = request;
    this.#elsewhere = request.elsewhere;
    this.#indexer = new Indexer({ ...request, words: new WordTable() }, request.answers);
    this.#sizer = new BatchSizer(request.concurrency);
  }

  async run(): Promise<ScanResult> {
    const { onWarning, pkgpaths } = this.#request;
    for (let round = 1; ; round += 1) {
      this.#failures = [];
      this.#done = 0;
      const before = this.#indexer.spent().made;
      const records = await (pkgpaths.length === 0 ? this.#scanWhole() : this.#scanLimited());
      const { made } = this.#indexer.spent();
      const changed = made === before ? [] : await this.#indexer.takeChanged();
      this.#elsewhere = undefined;
      if (changed.length > 0 && round === ROUNDS_MAX) {
        const names = changed.slice(0, 5).join(', ');
        onWarning?.(`the tree changes while it is scanned: what ${names} gave may be out of date`);
      }
      if (changed.length === 0 || round === ROUNDS_MAX) {
        return { records, failures: this.#failures, makes: made };
      }
    }
  }

  async #scanWhole(): Promise<readonly ScanRecord[]> {
    const { answers, onWarning } = this.#request;
    const paths = await listSubdirs({ ...this.#request, onWarning: (line) => onWarning?.(line) });
    const found = new Map(await this.#indexer.readKept(paths));
    this.#step(found.size, paths.length);
    const left = paths.filter((path) => !found.has(path));
    await this.#drain(
      left,
      () => paths.length,
      (pkgpath, records) => {
        found.set(pkgpath, records ?? []);
        return [];
      },
    );
    const categories = paths.map((path) => path.slice(0, path.indexOf('/')));
    answers?.dropOthers(new Set([TOP, ...categories, ...paths]));
    return paths.flatMap((pkgpath) => found.get(pkgpath) ?? []);
  }

  async #scanLimited(): Promise<readonly ScanRecord[]> {
    const frontier = new ScanFrontier(await checkWanted(this.#request));
    await this.#drain(
      frontier.next(),
      () => frontier.wantedCount,
      (pkgpath, records) => {
        if (records === undefined) frontier.fail(pkgpath);
        else frontier.add(pkgpath, records);
        return frontier.next();
      },
    );
    return frontier.records();
  }

  /** Indexes path after path: here, until it is worth while to ask other hosts for all that is left. */
  async #drain(first: readonly PkgPath[], total: () => number, take: Take): Promise<void> {
    const elsewhere = this.#elsewhere;
    const goesOn = (left: number): boolean => elsewhere?.isWorth(this.#sizer.timeOf(left)) !== true;
    let left = await this.#drainHere(first, total, take, goesOn);
    while (elsewhere !== undefined && left.length > 0) {
      const { more, unanswered } = await this.#askElsewhere(elsewhere, left, total, take);
      await this.#drainHere(unanswered, total, take, () => true);
      left = await this.#drainHere(more, total, take, goesOn);
    }
  }

  /** Returns what it did not begin because of `goesOn`. */
  #drainHere(
    first: readonly PkgPath[],
    total: () => number,
    take: Take,
    goesOn: (left: number) => boolean,
  ): Promise<readonly PkgPath[]> {
    const { concurrency, signal } = this.#request;
    const size = (left: number): number => this.#sizer.size(left);
    return drainGrowing(
      first,
      concurrency,
      size,
      async (batch) => {
        signal.throwIfAborted();
        const before = this.#indexer.spent();
        const indexes = await this.#indexer.index(batch);
        const after = this.#indexer.spent();
        if (after.made > before.made) this.#sizer.took(after.made - before.made, after.ms - before.ms);
        return this.#takeIndexes(indexes, total, take);
      },
      goesOn,
    );
  }

  /** `more`: what the answers want scanned besides. */
  async #askElsewhere(
    elsewhere: Elsewhere,
    paths: readonly PkgPath[],
    total: () => number,
    take: Take,
  ): Promise<{ readonly more: readonly PkgPath[]; readonly unanswered: readonly PkgPath[] }> {
    const open = new Set(paths);
    const more: PkgPath[] = [];
    const hear = (indexes: readonly PathIndex[]): void => {
      for (const { pkgpath } of indexes) open.delete(pkgpath);
      more.push(...this.#takeIndexes(indexes, total, take));
    };
    hear(await this.#indexer.takeKept(paths));
    if (open.size === 0 || !elsewhere.isWorth(this.#sizer.timeOf(open.size)))
      return { more, unanswered: [...open] };
    await elsewhere.index([...open], this.#sizer.msEach ?? UNKNOWN_MS, async (answers) => {
      const indexes = answers.indexes.filter(({ pkgpath }) => open.has(pkgpath));
      hear(await this.#indexer.takeFar({ ...answers, indexes }));
    });
    this.#request.signal.throwIfAborted();
    return { more, unanswered: [...open] };
  }

  #takeIndexes(indexes: readonly PathIndex[], total: () => number, take: Take): readonly PkgPath[] {
    return indexes.flatMap((index) => {
      if (index.kind === 'failed') this.#fail(index.failure);
      const more = take(index.pkgpath, index.kind === 'indexed' ? index.records : undefined);
      this.#step(1, total());
      return more;
    });
  }

  #fail(failure: ScanFailure): void {
    this.#failures.push(failure);
    if (this.#toldFailures.has(failure.pkgpath)) return;
    this.#toldFailures.add(failure.pkgpath);
    this.#request.onFailure?.(failure);
  }

  #step(count: number, total: number): void {
    if (count === 0) return;
    this.#done += count;
    this.#request.onProgress?.(this.#done, total, this.#failures.length);
  }
}

/** A mistyped PKGPATH is the user's to mend before hours are spent on the rest. */
async function checkWanted(request: ScanRequest): Promise<readonly PkgPath[]> {
  const wanted = request.pkgpaths.map(checkPkgPath);
  const { pkgsrc } = request.environment;
  const unknown: PkgPath[] = [];
  for (const pkgpath of wanted) if (!(await hasMakefile(pkgsrc, pkgpath))) unknown.push(pkgpath);
  if (unknown.length === 0) return wanted;
  throw new BulkmeshError('PKGPATH_UNKNOWN', `No such package in ${pkgsrc}: ${unknown.join(', ')}.`, {
    hint: (await findNamesakes(pkgsrc, unknown)) ?? 'Give category/directory as they are in the tree.',
  });
}

/** The same directories in other categories: the usual mistake. */
async function findNamesakes(pkgsrc: string, unknown: readonly PkgPath[]): Promise<string | undefined> {
  const names = unknown.map((pkgpath) => pkgpath.slice(pkgpath.indexOf('/') + 1));
  const categories = await readdir(pkgsrc).catch(() => []);
  const namesakes: PkgPath[] = [];
  for (const path of categories.sort().flatMap((category) => names.map((name) => `${category}/${name}`))) {
    if (isPkgPath(path) && (await hasMakefile(pkgsrc, path))) namesakes.push(path);
  }
  return namesakes.length === 0 ? undefined : `There is ${namesakes.slice(0, 5).join(', ')}.`;
}

function scanEmpty(request: ScanRequest, failures: readonly ScanFailure[]): BulkmeshError {
  const [first] = failures;
  const why =
    first === undefined
      ? 'its SUBDIR lists name no package'
      : `${failures.length} paths failed, the first of them ${first.pkgpath}: ${first.reason}`;
  return new BulkmeshError('SCAN_EMPTY', `Nothing to build in ${request.environment.pkgsrc}: ${why}.`, {
    hint: 'Run make pbulk-index by hand in one package directory, in a sandbox.',
  });
}

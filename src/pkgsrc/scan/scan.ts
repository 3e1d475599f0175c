import { readdir } from 'node:fs/promises';
import { BulkmeshError } from '../../errors.ts';
import type { Sandbox } from '../../sandbox/driver.ts';
import { keepFirst } from '../duplicates.ts';
import type { MakeEnvironment } from '../make.ts';
import { checkPkgPath, isPkgPath } from '../name.ts';
import type { PkgPath, ScanFailure, ScanRecord } from '../package.ts';
import { ScanFrontier } from './frontier.ts';
import { hasMakefile, indexPath } from './pathindex.ts';
import { drainGrowing } from './pool.ts';
import { listSubdirs } from './subdirs.ts';

export interface ScanRequest {
  /** One sandbox for the whole scan: make processes run in it side by side. */
  readonly sandbox: Sandbox;
  readonly environment: MakeEnvironment;
  /** PKGPATHs wanted; empty: the whole tree. */
  readonly pkgpaths: readonly string[];
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
}

/**
 * Scans the whole tree, or what is wanted and all that it needs. A path that fails fails alone. Throws
 * `BulkmeshError`: PKGPATH_INVALID or PKGPATH_UNKNOWN before anything is run, SCAN_EMPTY when nothing at all
 * could be scanned, SCAN_TROUBLE for trouble of the host; and the reason of the signal when it is aborted.
 */
export async function scanTree(request: ScanRequest): Promise<ScanResult> {
  const scan = new TreeScan(request);
  const found = request.pkgpaths.length === 0 ? await scan.scanWhole() : await scan.scanLimited();
  const { records, duplicates } = keepFirst(found);
  for (const { dropped, kept } of duplicates) {
    // Versions of one package that share a PKGNAME are the tree's way, and the first is the default.
    if (dropped.pkgpath === kept.pkgpath) continue;
    request.onWarning?.(`${dropped.pkgname} of ${dropped.pkgpath} left out: ${kept.pkgpath} has one already`);
  }
  const failures = [...scan.failures].sort((one, other) => (one.pkgpath < other.pkgpath ? -1 : 1));
  if (records.length === 0) throw scanEmpty(request, failures);
  return { records, failures };
}

class TreeScan {
  readonly failures: ScanFailure[] = [];
  readonly #request: ScanRequest;
  readonly #words = new Map<string, string>();
  #done = 0;

  constructor(request: ScanRequest) {
    this.#request = request;
  }

  async scanWhole(): Promise<readonly ScanRecord[]> {
    const { onWarning } = this.#request;
    const paths = await listSubdirs({ ...this.#request, onWarning: (line) => onWarning?.(line) });
    const found = new Map<PkgPath, readonly ScanRecord[]>();
    await this.#drain(
      paths,
      () => paths.length,
      (pkgpath, records) => {
        found.set(pkgpath, records ?? []);
        return [];
      },
    );
    return paths.flatMap((pkgpath) => found.get(pkgpath) ?? []);
  }

  async scanLimited(): Promise<readonly ScanRecord[]> {
    const wanted = await checkWanted(this.#request);
    const frontier = new ScanFrontier(wanted);
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

  /**
   * Indexes path after path; `take` gets the records, or undefined for a failure, and says what to scan
   * besides.
   */
  async #drain(
    first: readonly PkgPath[],
    total: () => number,
    take: (pkgpath: PkgPath, records: readonly ScanRecord[] | undefined) => readonly PkgPath[],
  ): Promise<void> {
    const { concurrency, signal, onFailure, onProgress } = this.#request;
    await drainGrowing(first, concurrency, async (pkgpath) => {
      signal.throwIfAborted();
      const index = await indexPath({ ...this.#request, words: this.#words }, pkgpath);
      if (index.kind === 'failed') {
        this.failures.push(index.failure);
        onFailure?.(index.failure);
      }
      const more = take(pkgpath, index.kind === 'indexed' ? index.records : undefined);
      this.#done += 1;
      onProgress?.(this.#done, total(), this.failures.length);
      return more;
    });
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

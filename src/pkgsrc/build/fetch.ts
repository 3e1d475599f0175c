import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../../core/limits.ts';
import {
  type Distfiles,
  type ListedFiles,
  listMissing,
  listUnsound,
  lookOnHost,
  type MissingFile,
} from './distfiles.ts';
import { isLayered, viewDistfiles } from './distview.ts';
import { holdFiles, isFree } from './fetchlock.ts';
import type { Haul } from './haul.ts';
import { findNetworkFault, saysNetworkFailed } from './network.ts';
import type { PackageRun, StageEnd, StageRun } from './run.ts';

/** How a fetch ended; `skipped`: nothing was to fetch. */
export type FetchEnd = StageEnd | { readonly kind: 'skipped' };

/** A part of a file that was changed more recently may be somebody's download that still goes on. */
const QUIET_MS = 30_000;
const LOOK_MS = 5_000;
const WAIT_MS_MAX = 600_000;
const TAIL_BYTES = 8192;

/**
 * The stage `fetch`: brings the distribution files of a package into DISTDIR, the only stage with a network, tried
 * several times. One package at a time fetches a file, and what a fetch leaves unfinished goes, so that nobody takes
 * it for the file. Root does it, as in pbulk: DISTDIR is root's. Where a layer lies over DISTDIR, `haul` gets what the
 * host lacks, to be brought out once its checksum is known to be right.
 */
export async function fetchFiles(run: PackageRun, files: Distfiles, haul: Haul): Promise<FetchEnd> {
  if (files.kind === 'none') return { kind: 'skipped' };
  const keys = keysOf(run, files);
  if (files.kind === 'listed' && isFree(keys) && (await needsNothing(run, files))) {
    return { kind: 'skipped' };
  }
  return run.runStage('fetch', async (open): Promise<StageEnd> => {
    try {
      using held = new DisposableStack();
      held.use(await holdFiles(keys, run.request.signal));
      if (files.kind !== 'listed') return await fetchUntold(run, open, files);
      const lacking = await askOthers(run, files, await settleMissing(run, files), held);
      const end = await fetchMissing(run, open, files, lacking);
      if (end.kind === 'passed' && lacking.length > 0 && isLayered(run, files)) {
        const names = lacking.map(({ name }) => name);
        haul.take(held.move(), files, names);
      }
      return end;
    } catch (error) {
      if (!run.request.signal.aborted) throw error;
      return { kind: 'trouble', trouble: 'killed', detail: 'the fetch was stopped by the agent' };
    }
  });
}

/** Fetches although nothing is listed: a package may have a way of its own to get what it needs. */
export const fetchUnlisted = (run: PackageRun, haul: Haul): Promise<FetchEnd> =>
  fetchFiles(run, { kind: 'untold' }, haul);

/** The sandbox is that much older than its package at most, clocks of file servers included. */
const NEW_MS = 60_000;

/**
 * True when all files are there. One that came since the sandbox was made may be on the host and yet not be seen inside:
 * what appears below a mounted layer shows only where nobody has looked before.
 */
async function needsNothing(run: PackageRun, files: ListedFiles): Promise<boolean> {
  const found = await lookOnHost(files);
  if (listMissing(files, found).length > 0) return false;
  if (!isLayered(run, files)) return true;
  const times = await Promise.all(files.names.map((name) => findArrival(join(files.hostDir, name))));
  return times.every((timeMs) => timeMs < run.startedAtMs - NEW_MS);
}

const findArrival = (path: string): Promise<number> =>
  lstat(path).then(
    ({ ctimeMs }) => ctimeMs,
    () => Number.POSITIVE_INFINITY,
  );

/** Fetches what the stages do not find; `lacking` is what this host lacks. */
async function fetchMissing(
  run: PackageRun,
  open: StageRun,
  files: ListedFiles,
  lacking: readonly MissingFile[],
): Promise<StageEnd> {
  if (!isLayered(run, files)) {
    return lacking.length === 0 ? { kind: 'passed' } : tryFetch(run, open, files, lacking);
  }
  const view = await viewDistfiles(run, files);
  if (view.kind !== 'seen') return view;
  const missing = listMissing(files, view.found);
  return missing.length === 0 ? { kind: 'passed' } : tryFetch(run, open, files, missing);
}

async function fetchUntold(run: PackageRun, open: StageRun, files: Distfiles): Promise<StageEnd> {
  const end = await tryFetch(run, open, files, []);
  if (end.kind === 'passed' && run.request.policy.layeredDistdir !== undefined) {
    await run.logs.note('fetch: the package lists no files: what it fetched goes with the sandbox');
  }
  return end;
}

const keysOf = (run: PackageRun, files: Distfiles): readonly string[] =>
  files.kind === 'listed'
    ? files.names.map((name) => `${files.hostDir}/${name}`)
    : [`pkgpath ${run.request.record.pkgpath}`];

async function tryFetch(
  run: PackageRun,
  open: StageRun,
  files: Distfiles,
  missing: readonly MissingFile[],
): Promise<StageEnd> {
  const { policy, signal } = run.request;
  for (let tries = 1; ; tries += 1) {
    // make takes a part of a file for the file.
    await discard(run, files, missing);
    const end = await fetchOnce(run, open, files, missing);
    if (end.kind === 'passed') return end;
    await discard(run, files, missing);
    const isLate = end.kind === 'trouble' && end.trouble === 'timeout';
    if (end.kind === 'trouble' && !(isLate && tries < policy.fetchTries)) return end;
    const fault = saysNetworkFailed(await run.logs.readTail('fetch', TAIL_BYTES))
      ? await findNetworkFault()
      : undefined;
    const why = end.kind === 'trouble' ? end.detail : end.reason;
    if (fault !== undefined) return { kind: 'trouble', trouble: 'network', detail: `${fault}: ${why}` };
    if (end.kind === 'failed' && tries >= policy.fetchTries) {
      return { kind: 'failed', reason: tries === 1 ? end.reason : `${end.reason} (tried ${tries} times)` };
    }
    const pauseMs = backoffMs(policy.fetchPause, tries);
    await run.logs.note(`fetch: next try in ${Math.round(pauseMs / 1000)} s`);
    await delay(pauseMs, undefined, { signal });
  }
}

async function fetchOnce(
  run: PackageRun,
  open: StageRun,
  files: Distfiles,
  missing: readonly MissingFile[],
): Promise<StageEnd> {
  const command = run.makeCommand({ targets: ['fetch'], network: true }, open.logFd);
  const end = await open.run('make fetch', command, findPatience(files, missing));
  // What it left running would keep the network of the host through all other stages.
  await run.killAll();
  if (end.kind !== 'passed' || files.kind !== 'listed') return end;
  const view = await viewDistfiles(run, files);
  if (view.kind !== 'seen') return view;
  const [absent] = listMissing(files, view.found).filter(({ changedAtMs }) => changedAtMs === undefined);
  if (absent !== undefined) {
    return { kind: 'failed', reason: `make fetch passed, but ${absent.name} is not there` };
  }
  const sized = missing.map(({ name }) => name).filter((name) => files.sizes.has(name));
  const [unsound] = listUnsound(files, view.found, sized);
  if (unsound === undefined) return end;
  return { kind: 'failed', reason: `make fetch passed, but ${unsound} is not as long as distinfo says` };
}

/** A mirror that gives less in a second is no mirror. */
const BYTES_PER_SECOND_MIN = 16 << 10;
const TRY_MS_MIN = 3_600_000;

/** How long one try may take: an hour, or as long as the slowest mirror that is of use needs for all that is missing. */
function findPatience(files: Distfiles, missing: readonly MissingFile[]): number {
  const sizes = files.kind === 'listed' ? missing.map(({ name }) => files.sizes.get(name) ?? 0) : [];
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return Math.max(TRY_MS_MIN, (bytes * 1000) / BYTES_PER_SECOND_MIN);
}

/** What is missing on this host, once nobody outside seems to be downloading it either. */
async function settleMissing(run: PackageRun, files: ListedFiles): Promise<readonly MissingFile[]> {
  const { signal } = run.request;
  for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
    const missing = listMissing(files, await lookOnHost(files));
    const ageMs = Math.min(...missing.map(({ changedAtMs = 0 }) => Math.abs(Date.now() - changedAtMs)));
    if (ageMs > QUIET_MS || waitedMs >= WAIT_MS_MAX) return missing;
    if (waitedMs === 0) await run.logs.note('fetch: waits for somebody who downloads the same file');
    await delay(LOOK_MS, undefined, { signal });
  }
}

/**
 * Has what other hosts have brought here; returns what is missing yet. Where they agree on who fetches what, the others wait until `held`
 * is let go. What distinfo does not tell enough of is fetched from outside.
 */
async function askOthers(
  run: PackageRun,
  files: ListedFiles,
  lacking: readonly MissingFile[],
  held: DisposableStack,
): Promise<readonly MissingFile[]> {
  const { bringDistfiles, signal } = run.request;
  const wanted = lacking.flatMap(({ name }) => {
    const [sizeBytes, digests = []] = [files.sizes.get(name), files.digests.get(name)];
    return sizeBytes === undefined || digests.length === 0 ? [] : [{ name, sizeBytes, digests }];
  });
  if (bringDistfiles === undefined || wanted.length === 0) return lacking;
  const note = (line: string): Promise<void> => run.logs.note(`fetch: ${line}`);
  held.use(await bringDistfiles({ dir: files.hostDir, files: wanted }, note, signal));
  return listMissing(files, await lookOnHost(files));
}

const DISCARD_MS_MAX = 10_000;

/**
 * Deletes what there is of files that were missing before and are not whole now. Inside the sandbox: a package may
 * have put a link into DISTDIR, which leads no farther there. After an abort too: the next build must not find it.
 */
async function discard(run: PackageRun, files: Distfiles, missing: readonly MissingFile[]): Promise<void> {
  if (files.kind !== 'listed') return;
  const view = await viewDistfiles(run, files);
  if (view.kind !== 'seen') return;
  const wanted = missing.map(({ name }) => name);
  const names = listUnsound(files, view.found, wanted);
  if (names.length === 0) return;
  await run.request.sandbox.run({
    argv: ['/bin/rm', '-f', '--', ...names],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    cwd: files.dir,
    user: undefined,
    network: false,
    output: { kind: 'capture', maxBytes: 4096 },
    signal: AbortSignal.timeout(DISCARD_MS_MAX),
  });
}

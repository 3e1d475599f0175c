import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../../core/limits.ts';
import { type Distfiles, findMissing, findUnsound, type MissingFile } from './distfiles.ts';
import { holdFiles, isFree } from './fetchlock.ts';
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
 * it for the file. Root does it, as in pbulk: DISTDIR is root's.
 */
export async function fetchFiles(run: PackageRun, files: Distfiles): Promise<FetchEnd> {
  if (files.kind === 'none') return { kind: 'skipped' };
  const keys = keysOf(run, files);
  if (files.kind === 'listed' && isFree(keys) && (await findMissing(files)).length === 0) {
    return { kind: 'skipped' };
  }
  return run.runStage('fetch', async (open): Promise<StageEnd> => {
    try {
      using _held = await holdFiles(keys, run.request.signal);
      const missing = await settleMissing(run, files);
      if (files.kind === 'listed' && missing.length === 0) return { kind: 'passed' };
      return await tryFetch(run, open, files, missing);
    } catch (error) {
      if (!run.request.signal.aborted) throw error;
      return { kind: 'trouble', trouble: 'killed', detail: 'the fetch was stopped by the agent' };
    }
  });
}

/** Fetches although nothing is listed: a package may have a way of its own to get what it needs. */
export const fetchUnlisted = (run: PackageRun): Promise<FetchEnd> => fetchFiles(run, { kind: 'untold' });

const keysOf = (run: PackageRun, files: Distfiles): readonly string[] =>
  files.kind === 'listed'
    ? files.names.map((name) => `${files.dir}/${name}`)
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
    if (end.kind === 'trouble') return end;
    const fault = saysNetworkFailed(await run.logs.readTail('fetch', TAIL_BYTES))
      ? await findNetworkFault()
      : undefined;
    if (fault !== undefined) {
      return { kind: 'trouble', trouble: 'network', detail: `${fault}: ${end.reason}` };
    }
    if (tries >= policy.fetchTries) {
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
  const end = await open.run('make fetch', command);
  // What it left running would keep the network of the host through all other stages.
  await run.killAll();
  if (end.kind !== 'passed' || files.kind !== 'listed') return end;
  const [absent] = (await findMissing(files)).filter(({ changedAtMs }) => changedAtMs === undefined);
  if (absent !== undefined) {
    return { kind: 'failed', reason: `make fetch passed, but ${absent.name} is not there` };
  }
  const sized = missing.map(({ name }) => name).filter((name) => files.sizes.has(name));
  const [unsound] = await findUnsound(files, sized);
  if (unsound === undefined) return end;
  return { kind: 'failed', reason: `make fetch passed, but ${unsound} is not as long as distinfo says` };
}

/** What is missing, once nobody outside seems to be downloading it either. */
async function settleMissing(run: PackageRun, files: Distfiles): Promise<readonly MissingFile[]> {
  if (files.kind !== 'listed') return [];
  const { signal } = run.request;
  for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
    const missing = await findMissing(files);
    const ageMs = Math.min(...missing.map(({ changedAtMs = 0 }) => Math.abs(Date.now() - changedAtMs)));
    if (ageMs > QUIET_MS || waitedMs >= WAIT_MS_MAX) return missing;
    if (waitedMs === 0) await run.logs.note('fetch: waits for somebody who downloads the same file');
    await delay(LOOK_MS, undefined, { signal });
  }
}

const DISCARD_MS_MAX = 10_000;

/**
 * Deletes what there is of files that were missing before and are not whole now. Inside the sandbox: a package may
 * have put a link into DISTDIR, which leads no farther there. After an abort too: the next build must not find it.
 */
async function discard(run: PackageRun, files: Distfiles, missing: readonly MissingFile[]): Promise<void> {
  if (files.kind !== 'listed') return;
  const wanted = missing.map(({ name }) => name);
  const names = await findUnsound(files, wanted);
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

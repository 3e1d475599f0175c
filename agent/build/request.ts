import { stat } from 'node:fs/promises';
import { nanoid } from 'nanoid';
import type { Fact } from '../../src/core/facts/fact.ts';
import { type BuildId, buildId, type TaskName } from '../../src/core/ids.ts';
import type { BuildRecord } from '../../src/store/builds.ts';
import type { Store } from '../../src/store/open.ts';
import type { BuildRequest } from '../control/protocol.ts';

/** Which build a request means: a new one, or one that was cut short. */
export interface ChosenBuild {
  readonly build: BuildId;
  readonly startedAtMs: number;
  readonly pkgpaths: readonly string[];
  readonly resumed: boolean;
}

/** The build to go on with, unless `fresh` is wished for or nothing is left to go on with; else a new one. */
export const chooseBuild = (
  store: Store,
  request: BuildRequest,
  pkgpaths: readonly string[],
  digest: string,
): ChosenBuild => {
  const open = request.fresh ? undefined : store.findResumable(pkgpaths, digest);
  // Without a plan there is nothing to go on with: it ended before or in its scan.
  const canGoOn = open !== undefined && store.plansOf(open.id).length > 0;
  return canGoOn ? reopenBuild(store, open) : createBuild(store, pkgpaths, digest);
};

const createBuild = (store: Store, pkgpaths: readonly string[], configDigest: string): ChosenBuild => {
  const startedAtMs = Date.now();
  const id = newBuildId(startedAtMs);
  store.createBuild({ id, startedAtMs, pkgpaths, configDigest });
  return { build: id, startedAtMs, pkgpaths, resumed: false };
};

const reopenBuild = (store: Store, open: BuildRecord): ChosenBuild => {
  store.reopenBuild(open.id);
  return { build: open.id, startedAtMs: open.startedAtMs, pkgpaths: open.pkgpaths, resumed: true };
};

/** `20261122T145700Z-x7Gk2b`: sorts by time, unique without asking anybody. */
const newBuildId = (atMs: number): BuildId =>
  buildId(`${new Date(atMs).toISOString().replace(/[-:]|\.\d+/g, '')}-${nanoid(6)}`);

/**
 * Facts that still hold on this host: those of failures, and those whose package file is where it was put, with the
 * size it had. `gone`: the tasks that were built and of which no fact holds; they are built again. A task that
 * `fileOf` has no file for is passed over.
 */
export const listStandingFacts = async (
  facts: readonly Fact[],
  fileOf: (task: TaskName) => string | undefined,
): Promise<{ readonly standing: readonly Fact[]; readonly gone: readonly TaskName[] }> => {
  const standing: Fact[] = [];
  const gone = new Set<TaskName>();
  for (const fact of facts) {
    const { task, outcome } = fact;
    const path = fileOf(task);
    if (path === undefined) continue;
    const holds = outcome.kind === 'failed' || (await sizeOf(path)) === outcome.sizeBytes;
    if (holds) standing.push(fact);
    else gone.add(task);
  }
  // What was built again since, with whatever end, is not gone.
  for (const { task } of standing) gone.delete(task);
  return { standing, gone: [...gone] };
};

const sizeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    () => undefined,
  );

import { nanoid } from 'nanoid';
import type { Fact } from '../../src/core/facts/fact.ts';
import { selectCanonical } from '../../src/core/facts/merge.ts';
import { type BuildId, buildId } from '../../src/core/ids.ts';
import { BulkmeshError } from '../../src/errors.ts';
import { identityKey } from '../../src/pkgsrc/identity.ts';
import { splitPkgName } from '../../src/pkgsrc/version.ts';
import type { BuildRecord } from '../../src/store/builds.ts';
import type { Store } from '../../src/store/open.ts';
import type { BuildRequest, RebuildRequest } from '../control/protocol.ts';
import type { FailedBefore } from './aim.ts';
import { isRebuild, rebuildMark } from './rebuilds.ts';

/** Which build a request means: a new one, or one that was cut short. */
export interface ChosenBuild {
  readonly build: BuildId;
  readonly startedAtMs: number;
  readonly pkgpaths: readonly string[];
  readonly resumed: boolean;
  /** Build everything, whatever is known of it. */
  readonly everything: boolean;
  /** Build these again, and nothing that they have no part in. */
  readonly rebuild: RebuildRequest | undefined;
  /** What failed in the last build, where the rebuild is of that. */
  readonly failedBefore: readonly FailedBefore[];
}

/**
 * The build to go on with, unless `fresh` is wished for or nothing is left to go on with; else a new one. A rebuild is always
 * new, is of what the last build was of, and nothing ever goes on with it. Throws `NOTHING_BUILT` when a rebuild has
 * no build before it, and `NOTHING_FAILED` when it is to be of what failed and nothing did.
 */
export const chooseBuild = (
  store: Store,
  request: BuildRequest,
  pkgpaths: readonly string[],
  digest: string,
): ChosenBuild => {
  const { rebuild, everything = false } = request;
  if (rebuild !== undefined) return createRebuild(store, rebuild, digest);
  const open = request.fresh || everything ? undefined : store.findResumable(pkgpaths, digest);
  // Without a plan there is nothing to go on with: it ended before or in its scan.
  const canGoOn = open !== undefined && store.plansOf(open.id).length > 0;
  return canGoOn ? reopenBuild(store, open) : { ...createBuild(store, pkgpaths, digest), everything };
};

const createRebuild = (store: Store, rebuild: RebuildRequest, digest: string): ChosenBuild => {
  const last = store.lastBuild();
  if (last === undefined) {
    throw new BulkmeshError('NOTHING_BUILT', 'nothing has been built yet that could be built again', {
      hint: 'bulkmesh build builds what the configuration names, or the packages that you name',
    });
  }
  const failedBefore = rebuild.failed ? listFailed(store) : [];
  if (rebuild.failed && failedBefore.length === 0 && rebuild.packages.length === 0) {
    throw new BulkmeshError('NOTHING_FAILED', 'no package failed in the last build', {
      hint: 'there is nothing to build again',
    });
  }
  return { ...createBuild(store, last.pkgpaths, `${digest}${rebuildMark}`), rebuild, failedBefore };
};

/** What failed in the last build and in no rebuild since ended otherwise. */
const listFailed = (store: Store): readonly FailedBefore[] => {
  const latest = new Map<string, FailedBefore & { readonly hasFailed: boolean }>();
  for (const build of store.listBuilds()) {
    for (const one of listEnds(store, build.id)) {
      const key = identityKey(one.pkgpath, one.pkgbase);
      if (!latest.has(key)) latest.set(key, one);
    }
    if (!isRebuild(build)) break;
  }
  return [...latest.values()].filter(({ hasFailed }) => hasFailed);
};

/** From the outcomes of a build, or for one that was cut off, from its facts. */
const listEnds = (store: Store, id: BuildId): readonly (FailedBefore & { readonly hasFailed: boolean })[] => {
  const ends = ({ pkgpath, pkgname }: { pkgpath: string; pkgname: string }, hasFailed: boolean) => ({
    pkgpath,
    pkgbase: splitPkgName(pkgname).base,
    hasFailed,
  });
  const outcomes = store.outcomesOf(id);
  if (outcomes !== undefined) {
    const ended = outcomes.filter(({ status }) => ['built', 'kept', 'failed'].includes(status));
    return ended.map((row) => ends(row, row.status === 'failed'));
  }
  const planId = store.plansOf(id).at(-1);
  const facts: ReadonlyMap<string, Fact> = selectCanonical(planId === undefined ? [] : store.factsOf(planId));
  return (store.decisionsOf(id)?.packages ?? []).flatMap((row) => {
    const fact = facts.get(row.pkgname);
    return fact === undefined ? [] : [ends(row, fact.outcome.kind === 'failed')];
  });
};

const plain = { everything: false, rebuild: undefined, failedBefore: [] } as const;

const createBuild = (store: Store, pkgpaths: readonly string[], configDigest: string): ChosenBuild => {
  const startedAtMs = Date.now();
  const id = newBuildId(startedAtMs);
  store.createBuild({ id, startedAtMs, pkgpaths, configDigest });
  return { build: id, startedAtMs, pkgpaths, resumed: false, ...plain };
};

/** Goes on with a build. */
export const reopenBuild = (store: Store, open: BuildRecord): ChosenBuild => {
  store.reopenBuild(open.id);
  return { build: open.id, startedAtMs: open.startedAtMs, pkgpaths: open.pkgpaths, resumed: true, ...plain };
};

/** `20261122T145700Z-x7Gk2b`: sorts by time, unique without asking anybody. */
const newBuildId = (atMs: number): BuildId =>
  buildId(`${new Date(atMs).toISOString().replace(/[-:]|\.\d+/g, '')}-${nanoid(6)}`);

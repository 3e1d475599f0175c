import type { BlobStore } from '../../src/artefacts/store/store.ts';
import type { RunResult } from '../../src/core/input.ts';
import type { PkgPath } from '../../src/pkgsrc/package.ts';
import { makeHostPath } from '../../src/pkgsrc/scan/hostpath.ts';
import { digestInside, digestLikeness } from '../../src/pkgsrc/scan/insidefiles.ts';
import type { BatchPorts } from '../../src/pkgsrc/scan/makebatch.ts';
import { indexPaths, type PathIndex } from '../../src/pkgsrc/scan/pathindex.ts';
import { BatchSizer, drainGrowing } from '../../src/pkgsrc/scan/pool.ts';
import { listInside } from '../../src/pkgsrc/scan/readfiles.ts';
import { WordTable } from '../../src/pkgsrc/wordtable.ts';
import type { Sandbox } from '../../src/sandbox/driver.ts';
import type { DriverTraits } from '../../src/sandbox/traits.ts';
import { sandboxLimits } from '../build/limits.ts';
import type { LiveBuild, Start } from '../build/live.ts';
import type { ScanPart } from './part.ts';
import { encodeResult } from './result.ts';

export interface BatchRun {
  readonly live: LiveBuild;
  readonly part: ScanPart;
  readonly start: Start;
  readonly sandbox: Sandbox;
  readonly traits: DriverTraits;
  readonly blobs: BlobStore;
  readonly signal: AbortSignal;
}

/**
 * Runs one batch of a scan in a prepared sandbox; what comes out is in the store then. A path that fails is a part of the result.
 * Throws as `runMakes`, and what the store throws: trouble of this host.
 */
export const runBatch = async (run: BatchRun): Promise<RunResult> => {
  const { live, part, start, sandbox, blobs, signal } = run;
  const { ground, survey } = live;
  const paths = part.batches.get(start.task);
  if (paths === undefined) throw new Error(`the plan names ${start.task}, its sheet does not`);
  await sandbox.fit({ limits: sandboxLimits(ground.limits), work: start.work });
  const ports: BatchPorts = {
    sandbox,
    environment: { ...survey.make, cacheVars: { ...survey.tree.cacheVars, ...survey.tree.scanVars } },
    // Without isolation the tree may lie where only the agent can read.
    user: run.traits.isIsolated ? ground.user : undefined,
    signal,
  };
  const hostPath = makeHostPath(ground.spec);
  const indexes = await indexBatch(ports, hostPath(ports.environment.pkgsrc), paths, start.jobs);
  const read = indexes.flatMap((index) =>
    index.kind === 'indexed' ? [{ place: index.pkgpath, makefiles: index.makefiles }] : [],
  );
  const unshared = listInside(ports.environment.pkgsrc, read, (path) => hostPath(path) === undefined);
  const bytes = await encodeResult({
    indexes,
    likeness: await findLikeness(live, ports),
    inside: await digestInside(ports, unshared),
  });
  signal.throwIfAborted();
  const { sha256, sizeBytes } = await blobs.addBytes(bytes);
  const outcome = { kind: 'built', digest: `sha256:${sha256}`, sizeBytes } as const;
  return { kind: 'ended', outcome, steps: [], cpuMs: 0, diskBytes: 0, memoryBytes: 0 };
};

/** In the order of the paths. */
const indexBatch = async (
  ports: BatchPorts,
  treeDir: string | undefined,
  paths: readonly PkgPath[],
  jobs: number,
): Promise<readonly PathIndex[]> => {
  const words = new WordTable();
  const sizer = new BatchSizer(jobs);
  const found = new Map<PkgPath, PathIndex>();
  await drainGrowing(
    paths,
    jobs,
    (left) => sizer.size(left),
    async (some) => {
      const startedAtMs = performance.now();
      const indexes = await indexPaths({ ...ports, words, treeDir }, some);
      sizer.took(some.length, performance.now() - startedAtMs);
      for (const index of indexes) found.set(index.pkgpath, index);
      return [];
    },
  );
  return paths.flatMap((path) => found.get(path) ?? []);
};

const likenesses = new WeakMap<LiveBuild, string>();

/** Asked once for a plan: the system does not change while a scan goes on, or the next scan sees it. */
const findLikeness = async (live: LiveBuild, ports: BatchPorts): Promise<string> => {
  const known = likenesses.get(live) ?? (await digestLikeness(ports));
  likenesses.set(live, known);
  return known;
};

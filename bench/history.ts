import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareBuilds } from '../agent/history/compareBuilds.ts';
import { buildId } from '../src/core/ids.ts';
import { STAGE_NAMES } from '../src/pkgsrc/build/stages.ts';
import { parseSelection } from '../src/pkgsrc/selection.ts';
import { type HistoryRow, historyDepth } from '../src/store/history.ts';
import { openStore, type Store } from '../src/store/open.ts';
import type { PackageOutcomeRow } from '../src/store/outcomes.ts';
import { openReader } from '../src/store/reader.ts';

export const description =
  'the history of a whole tree, as deep as it gets: size of the file, what commits and questions cost';

const rowsPerCommit = 1_000;

/** `args[0]`: packages (default 30,000); `args[1]`: builds (default: as many as are remembered, and one more). */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const packages = Number(args[0] ?? 30_000);
  const builds = Number(args[1] ?? historyDepth + 1);
  const scratch = mkdtempSync(join(tmpdir(), 'bulkmesh-bench-history-'));
  try {
    const store = openStore(scratch);
    const fillMs = time(() => fill(store, packages, builds));
    const last = buildId(`b${builds}`);
    const oneCommitMs = time(() => store.addHistory([makeRow(0, last, builds + 1)]));
    const estimatesMs = time(() => store.estimates());
    const files = ['bulkmesh.db', 'bulkmesh.db-wal'].map((name) => statSync(join(scratch, name)).size);
    const reader = openReader(scratch);
    const listBuildsMs = time(() => reader.listBuilds());
    const onePackageMs = time(() => reader.findHistory(parseSelection(['pkg7'])));
    const ofBuildMs = time(() => reader.historyOfBuild(last));
    const diffMs = time(() => {
      const before = reader.outcomesOf(buildId(`b${builds - 1}`)) ?? [];
      return compareBuilds(before, reader.outcomesOf(last) ?? []);
    });
    reader.close();
    store.close();
    return {
      packages,
      builds,
      rowsPerSecond: Math.round((1000 * packages * builds) / fillMs),
      fileMiB: Math.round(files.reduce((sum, size) => sum + size, 0) / 2 ** 20),
      oneCommitMs,
      estimatesMs,
      listBuildsMs,
      onePackageMs,
      ofBuildMs,
      diffMs,
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function fill(store: Store, packages: number, builds: number): void {
  for (let build = 1; build <= builds; build += 1) {
    const id = buildId(`b${build}`);
    store.createBuild({ id, startedAtMs: build, pkgpaths: [], configDigest: 'd' });
    for (let from = 0; from < packages; from += rowsPerCommit) {
      const count = Math.min(rowsPerCommit, packages - from);
      store.addHistory(Array.from({ length: count }, (_, index) => makeRow(from + index, id, build)));
    }
    store.saveOutcomes(
      id,
      Array.from({ length: packages }, (_, index) => makeOutcome(index, build)),
    );
    store.endBuild(id, 'complete', build + 1);
  }
}

const nameOf = (index: number) => ({
  pkgpath: `category${index % 60}/pkg${index}`,
  pkgbase: `pkg${index}`,
  pkgname: `pkg${index}-1.2.3nb4`,
});

function makeRow(index: number, build: HistoryRow['build'], endedAtMs: number): HistoryRow {
  return {
    ...nameOf(index),
    build,
    outcome: 'built',
    stage: '',
    endedAtMs,
    wallMs: 31_234 + index,
    cpuMs: 41_234,
    diskBytes: 123_456_789,
    jobs: 4,
    host: 'build-host-1',
    memoryBytes: 0,
    reason: '',
    steps: STAGE_NAMES.map((step, at) => ({ step, wallMs: 1_000 * at + index, cpuMs: 900 * at + index })),
  };
}

/** Each build breaks some packages that the one before built. */
function makeOutcome(index: number, build: number): PackageOutcomeRow {
  const isBroken = (index + build) % 100 === 0;
  return {
    ...nameOf(index),
    status: isBroken ? 'failed' : 'built',
    stage: isBroken ? 'build' : '',
    reason: isBroken ? 'make all exited with 1: *** Error code 1' : '',
  };
}

function time(work: () => unknown): number {
  const startMs = performance.now();
  work();
  return Math.round(10 * (performance.now() - startMs)) / 10;
}

import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fact } from '../src/core/facts/fact.ts';
import { buildId, type Life, makeToken, planId, slotName, taskName } from '../src/core/ids.ts';
import type { HistoryRow } from '../src/store/history.ts';
import { openStore, type Store } from '../src/store/open.ts';

export const description =
  'the database of an agent: facts committed per second against raw fdatasync, loads of a whole tree';

const rounds = 8;
const commitsPerRound = 40;
const groupSize = 64;
const packages = 30_000;
const steps = ['checksum', 'configure', 'build', 'install', 'package'];

/**
 * Commits facts one by one, in groups, and appends the same bytes to a plain file with fdatasync, by turns
 * in one run so that neighbours on the disk disturb all three alike; then loads what a resume of a full
 * tree loads. `args[0]` names the directory to work in (default: the temporary directory); it must lie on
 * the disk that is meant.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const scratch = mkdtempSync(join(args[0] ?? tmpdir(), 'bulkmesh-bench-store-'));
  try {
    const store = openStore(join(scratch, 'state'));
    const commits = measureCommits(store, join(scratch, 'raw'));
    const loads = await measureLoads(store);
    store.close();
    const reopenMs = time(() => openStore(join(scratch, 'state')).close());
    return { ...commits, ...loads, reopenMs };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function measureCommits(store: Store, rawFile: string): Record<string, number> {
  const raw = openSync(rawFile, 'a');
  const record = Buffer.from(JSON.stringify(makeFact(store.life, 1)));
  const spent = { raw: 0, alone: 0, group: 0 };
  const single: number[] = [];
  let seq = 0;
  const take = (count: number): Fact[] =>
    Array.from({ length: count }, () => {
      seq += 1;
      return makeFact(store.life, seq);
    });
  for (let round = 0; round < rounds; round += 1) {
    for (let index = 0; index < commitsPerRound; index += 1) {
      spent.raw += time(() => {
        writeSync(raw, record);
        fdatasyncSync(raw);
      });
      const [one, many] = [take(1), take(groupSize)];
      const took = time(() => store.addEntries(one));
      single.push(took);
      spent.alone += took;
      spent.group += time(() => store.addEntries(many));
    }
  }
  closeSync(raw);
  single.sort((a, b) => a - b);
  const commits = rounds * commitsPerRound;
  const perSecond = (count: number, spentMs: number): number => Math.round((count * 1000) / spentMs);
  return {
    rawFdatasyncPerSecond: perSecond(commits, spent.raw),
    factsAlonePerSecond: perSecond(commits, spent.alone),
    factsInGroupsPerSecond: perSecond(commits * groupSize, spent.group),
    groupSize,
    aloneMedianMs: single[Math.floor(commits / 2)] ?? 0,
    aloneP99Ms: single[Math.floor(commits * 0.99)] ?? 0,
  };
}

async function measureLoads(store: Store): Promise<Record<string, number>> {
  const build = buildId('bench');
  const plan = planId('full');
  store.createBuild({ id: build, startedAtMs: 0, pkgpaths: [], configDigest: '' });
  const history = Array.from({ length: packages }, (_, index) => makeHistory(index));
  const facts = Array.from({ length: packages }, (_, index) => ({
    ...makeFact(store.life, 1_000_000 + index),
    planId: plan,
  }));
  const addHistoryMs = time(() => store.addHistory(history));
  const addFactsMs = time(() => store.addEntries(facts));
  const estimates = median(() => assertSize(store.estimates().size));
  const factLoad = median(() => assertSize(store.factsOf(plan).length));
  return {
    packages,
    addHistoryMs,
    loadEstimatesMs: estimates.wallMs,
    loadEstimatesCpuMs: estimates.cpuMs,
    addFactsMs,
    loadFactsMs: factLoad.wallMs,
    loadFactsCpuMs: factLoad.cpuMs,
  };
}

function assertSize(size: number): void {
  if (size !== packages) throw new Error(`loaded ${size} rows of ${packages}`);
}

/** The middle one of five, wall and CPU time each for itself. */
function median(body: () => void): { readonly wallMs: number; readonly cpuMs: number } {
  const runs = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    const wallMs = time(body);
    const { user, system } = process.cpuUsage(before);
    return { wallMs, cpuMs: (user + system) / 1000 };
  });
  const middle = (times: readonly number[]): number => times.toSorted((x, y) => x - y)[2] ?? 0;
  return { wallMs: middle(runs.map((r) => r.wallMs)), cpuMs: middle(runs.map((r) => r.cpuMs)) };
}

function time(body: () => void): number {
  const start = performance.now();
  body();
  return round(performance.now() - start);
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function makeFact(origin: Life, seq: number): Fact {
  return {
    planId: planId('commits'),
    task: taskName(`py312-some-package-${seq}.1.2nb3`),
    token: makeToken({ n: 1, life: origin }, seq),
    origin,
    seq,
    outcome: { kind: 'built', digest: `sha256:${'0123456789abcdef'.repeat(4)}`, sizeBytes: 123_456 },
    slot: slotName('build-1'),
    startedAtMs: 1_800_000_000_000 + seq,
    wallMs: 61_234.5,
    cpuMs: 99_876.25,
    jobs: 4,
    steps: steps.map((step) => ({ step, wallMs: 12_246.9, cpuMs: 19_975.25 })),
    diskBytes: 234_567_890,
    memoryBytes: 0,
  };
}

function makeHistory(index: number): HistoryRow {
  return {
    pkgpath: `category${index % 80}/some-package-${index}`,
    pkgbase: `py312-some-package-${index}`,
    build: buildId('bench'),
    pkgname: `py312-some-package-${index}-1.2.3nb4`,
    outcome: index % 9 === 0 ? 'failed' : 'built',
    stage: index % 9 === 0 ? 'build' : '',
    endedAtMs: 1_800_000_000_000 + index,
    wallMs: 61_234.5,
    cpuMs: 99_876.25,
    diskBytes: 234_567_890,
    memoryBytes: 0,
    jobs: 4,
    host: 'one',
    reason: '',
    steps: steps.map((step) => ({ step, wallMs: 12_246.9, cpuMs: 19_975.25 })),
  };
}

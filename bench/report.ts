import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import type { Fact, Outcome } from '../src/core/facts/fact.ts';
import { buildId, hostId, makeToken, planId, slotName, taskName } from '../src/core/ids.ts';
import type { PkgName, Resolution, ResolvedPackage } from '../src/pkgsrc/package.ts';
import { readPscan } from '../src/pkgsrc/pscan.ts';
import { resolveRecords } from '../src/pkgsrc/resolve.ts';
import { splitPkgName } from '../src/pkgsrc/version.ts';
import { countOutcomes } from '../src/report/counts.ts';
import { countDependents, turnRound } from '../src/report/graph.ts';
import type { ReportInput } from '../src/report/model.ts';
import { deriveOutcomes } from '../src/report/outcomes.ts';
import { writeReport } from '../src/report/write.ts';
import { measurePage } from './report/page.ts';

export const description =
  'a report on the recorded whole tree with made-up failures: time and size of its files, and its page in a browser';

/**
 * Resolves the recorded scan, makes up two builds of it and writes their reports: `usual`, where one package
 * in 16 fails but none that many need, and `bad`, where one in 60 fails whatever hangs on it. Times are in
 * milliseconds, sizes in bytes. `args[0]` names a directory to keep the reports in.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  if (!existsSync(DATA)) return { skipped: `${DATA} is not there` };
  const resolution = resolveRecords((await readPscan(DATA)).records);
  const breaks = countDependents(turnRound(resolution.packages.map((pkg) => pkg.depends)));
  const usual: Fails = (name, index) => (breaks[index] ?? 0) < 300 && hash(name) % 16 === 0;
  const bad: Fails = (name) => hash(name) % 60 === 0;
  const [keepIn] = args;
  return {
    usual: await measure(resolution, makeFacts(resolution, usual), keepIn && join(keepIn, 'usual')),
    bad: await measure(resolution, makeFacts(resolution, bad), keepIn && join(keepIn, 'bad')),
    peakRssBytes: process.resourceUsage().maxRSS * 1_024,
  };
}

type Fails = (name: PkgName, index: number) => boolean;

async function measure(
  resolution: Resolution,
  facts: ReadonlyMap<PkgName, Fact>,
  keepIn: string | undefined,
): Promise<Record<string, unknown>> {
  const scratch = keepIn ?? (await mkdtemp(join(tmpdir(), 'bulkmesh-report-')));
  try {
    const input = makeInput(resolution, facts, scratch);
    await writeLogs(facts, scratch);
    const start = performance.now();
    const outcomes = deriveOutcomes(input);
    const derived = performance.now();
    const files = await writeReport(input, join(scratch, 'meta'));
    const written = performance.now();
    const names = ['html', 'json', 'text', 'pbuild', 'report', 'reportZst', 'dot'] as const;
    const sizes = await Promise.all(
      names.map(async (name) => [name, (await stat(files[name])).size] as const),
    );
    return {
      ...countOutcomes(outcomes),
      deriveMs: Math.round(derived - start),
      writeMs: Math.round(written - derived),
      sizeBytes: Object.fromEntries(sizes),
      htmlGzipBytes: gzipSync(await readFile(files.html)).length,
      page: await measurePage(files.html),
    };
  } finally {
    if (keepIn === undefined) await rm(scratch, { recursive: true, force: true });
  }
}

const DATA = new URL('../../shared/data/pscan.zst', import.meta.url).pathname;
const STAGES = ['pre-clean', 'depends', 'checksum', 'configure', 'build', 'install', 'package'];
const LIFE = { host: hostId('bench'), incarnation: 1, boot: 'bench' };
const START_MS = Date.UTC(2026, 1, 28);

function makeInput(resolution: Resolution, facts: ReadonlyMap<PkgName, Fact>, scratch: string): ReportInput {
  const workMs = [...facts.values()].reduce((sum, fact) => sum + fact.wallMs, 0);
  const slots = 24;
  return {
    build: buildId('20260228T000000Z-bench1'),
    host: 'bench',
    slots,
    platform: { opsys: 'SunOS', osVersion: '5.11', machineArch: 'x86_64', compiler: 'gcc 15.2.0' },
    startedAtMs: START_MS,
    measuredFromMs: START_MS,
    endedAtMs: START_MS + (1.08 * workMs) / slots,
    ending: 'complete',
    resolution,
    scanFailures: [],
    facts,
    kept: new Set(),
    slotSeconds: {
      busy: workMs / 1_000,
      sandbox: workMs / 40_000,
      starved: workMs / 18_000,
      stopped: 0,
    },
    logDir: scratch,
    subjectPrefix: 'pkgsrc',
    graphLimit: 512,
    previous: makePrevious(resolution, facts),
    baseUrl: 'https://example.org/reports',
  };
}

/** The build before: of the failures of this one a few were there, and a few others failed. */
function makePrevious(resolution: Resolution, facts: ReadonlyMap<PkgName, Fact>): ReportInput['previous'] {
  const outcomes = resolution.packages.map(({ record: { pkgname, pkgpath } }) => {
    const isFailed = facts.get(pkgname)?.outcome.kind === 'failed' ? hash(pkgname) % 7 !== 0 : false;
    const status = isFailed || hash(pkgname) % 211 === 0 ? 'failed' : 'built';
    const stage = status === 'failed' ? 'build' : '';
    return { pkgpath, pkgbase: splitPkgName(pkgname).base, pkgname, status, stage } as const;
  });
  return { build: '20260227T000000Z-bench0', endedAtMs: START_MS - 3_600_000, outcomes };
}

/** Failed packages have logs of the stages that they came to, as after a real build. */
async function writeLogs(facts: ReadonlyMap<PkgName, Fact>, logDir: string): Promise<void> {
  for (const [name, { outcome, steps }] of facts) {
    if (outcome.kind !== 'failed') continue;
    await mkdir(join(logDir, name), { recursive: true });
    for (const { step } of steps) await writeFile(join(logDir, name, `${step}.log`), '');
  }
}

/** Dependencies first, so that nothing runs after one of its dependencies failed. */
function makeFacts(resolution: Resolution, fails: Fails): ReadonlyMap<PkgName, Fact> {
  const facts = new Map<PkgName, Fact>();
  const settled = new Set<number>();
  const settle = (index: number, pkg: ResolvedPackage): void => {
    settled.add(index);
    if (pkg.state.kind !== 'buildable') return;
    const isReady = pkg.depends.every((on) => {
      const dependency = resolution.packages[on];
      if (dependency === undefined) return false;
      if (!settled.has(on)) settle(on, dependency);
      return facts.get(dependency.record.pkgname)?.outcome.kind === 'built';
    });
    const { pkgname } = pkg.record;
    if (isReady) facts.set(pkgname, makeFact(pkgname, facts.size + 1, fails(pkgname, index)));
  };
  for (const [index, pkg] of resolution.packages.entries()) if (!settled.has(index)) settle(index, pkg);
  return facts;
}

function makeFact(name: PkgName, seq: number, isFailed: boolean): Fact {
  const spread = hash(name);
  const wallMs = 2_000 + (spread % 97) ** 2 * 40;
  const steps = STAGES.slice(0, isFailed ? 2 + (spread % 5) : STAGES.length);
  const outcome: Outcome = isFailed
    ? { kind: 'failed', class: 'package', stage: steps.at(-1) ?? 'build', reason: makeReason(name) }
    : { kind: 'built', digest: `sha256:${'0'.repeat(64)}`, sizeBytes: spread % 50_000_000 };
  return {
    planId: planId('bench'),
    task: taskName(name),
    token: makeToken({ n: 1, life: LIFE }, seq),
    origin: LIFE,
    seq,
    outcome,
    slot: slotName(`build-${seq % 24}`),
    startedAtMs: START_MS,
    wallMs,
    cpuMs: wallMs,
    jobs: 4,
    steps: steps.map((step) => ({ step, wallMs: Math.round(wallMs / steps.length), cpuMs: 1 })),
    diskBytes: 0,
    memoryBytes: 0,
  };
}

/** No two alike, as compilers' are. */
function makeReason(name: PkgName): string {
  const line = hash(name) % 3_000;
  return `${name}/src/${line % 37}.c:${line}:${line % 80}: error: implicit declaration of function 'f${line}'`;
}

/** Spreads names over 32 bits, the same in every run. */
function hash(text: string): number {
  let value = 2_166_136_261;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16_777_619) >>> 0;
  return value >>> 8;
}

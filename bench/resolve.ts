import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { createZstdDecompress } from 'node:zlib';
import { bundleProgram } from '../cli/bundle.ts';
import type { ChildResult, Usage } from './resolve/child.ts';

export const description =
  'parse, resolve and write the recorded scan of a whole tree: CPU, memory, and the published result';

const DATA = join(import.meta.dirname, '../../shared/data');
const CHILD = join(import.meta.dirname, 'resolve/child.ts');
const RUNS = 3;
const CPU_LIMIT_MS = 2_000;
const RSS_LIMIT_BYTES = 300_000_000;
/** Read by every Node before its program: at its end it says what the process has used. */
const USAGE_PRELOAD = `data:text/javascript,${encodeURIComponent(`
import { writeFileSync } from 'node:fs';
process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  const { maxRSS } = process.resourceUsage();
  const figures = { cpuMs: (user + system) / 1000, wallMs: performance.now(), peakRssBytes: maxRSS * 1024 };
  writeFileSync(process.env.BENCH_USAGE, JSON.stringify(figures));
});
`)}`;

/**
 * Runs `bulkmesh resolve` of the bundled program `args[0]` times (3) and compares what it wrote with the published file; then
 * the same work step by step from the sources, for the split. CPU is user and system time of all threads, the start of Node
 * included; the figures are those of the median run by CPU, the peak is the highest of all.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  if (!existsSync(join(DATA, 'pscan.zst'))) return { skipped: `no recorded data in ${DATA}` };
  const scratch = await mkdtemp(join(tmpdir(), 'bulkmesh-resolve-'));
  try {
    const count = Math.max(1, Math.trunc(Number(args[0] ?? RUNS)) || RUNS);
    const program = await runProgram(scratch, count);
    const golden = await compareGolden(join(scratch, 'presolve'));
    const split = await measureSplit(join(scratch, 'again'), count);
    const figures = { runs: count, program, ...split };
    print(figures, golden);
    return { ...figures, ...golden };
  } finally {
    await rm(scratch, { recursive: true });
  }
}

interface ProgramFigures extends Usage {
  readonly isWithinTarget: boolean;
}

async function runProgram(scratch: string, count: number): Promise<ProgramFigures> {
  const program = join(scratch, 'bulkmesh.mjs');
  await bundleProgram(program);
  const usages: Usage[] = [];
  for (let at = 0; at < count; at += 1) {
    const usageFile = join(scratch, 'usage.json');
    const argv = ['--import', USAGE_PRELOAD, program, 'resolve', join(DATA, 'pscan.zst')];
    const child = spawn(process.execPath, [...argv, '-o', join(scratch, 'presolve')], {
      stdio: ['ignore', 'ignore', 'ignore'],
      env: { ...process.env, BENCH_USAGE: usageFile },
    });
    const [code] = await once(child, 'close');
    // 1: the recorded tree has packages that cannot be resolved.
    if (code !== 1) throw new Error(`bulkmesh resolve ended with ${code}`);
    usages.push(JSON.parse(await readFile(usageFile, 'utf8')));
  }
  const median = medianOf(usages, (usage) => usage.cpuMs);
  const peakRssBytes = Math.max(...usages.map((usage) => usage.peakRssBytes));
  const isWithinTarget = median.cpuMs <= CPU_LIMIT_MS && peakRssBytes <= RSS_LIMIT_BYTES;
  const { cpuMs, wallMs } = median;
  return { cpuMs: Math.round(cpuMs), wallMs: Math.round(wallMs), peakRssBytes, isWithinTarget };
}

interface SplitFigures {
  readonly records: number;
  readonly malformed: number;
  readonly states: Readonly<Record<string, number>>;
  /** `parse` holds `unpack`. */
  readonly cpuMs: Readonly<Record<'start' | 'unpack' | 'parse' | 'resolve' | 'write' | 'total', number>>;
}

async function measureSplit(output: string, count: number): Promise<SplitFigures> {
  const results: ChildResult[] = [];
  for (let at = 0; at < count; at += 1) results.push(await runChild(output));
  const { unpacked, started: before } = await runChild(output, 'unpack');
  const median = medianOf(results, (result) => result.written.cpuMs);
  const { records, malformed, states, started, parsed, resolved, written } = median;
  const between = (from: Usage, to: Usage): number => to.cpuMs - from.cpuMs;
  const cpuMs = {
    start: started.cpuMs,
    unpack: unpacked === undefined ? 0 : between(before, unpacked),
    parse: between(started, parsed),
    resolve: between(parsed, resolved),
    write: between(resolved, written),
    total: written.cpuMs,
  };
  return { records, malformed, states, cpuMs };
}

async function runChild(output: string, ...more: readonly string[]): Promise<ChildResult> {
  const argv = [CHILD, join(DATA, 'pscan.zst'), output, ...more];
  const { stdout } = await promisify(execFile)(process.execPath, argv);
  return JSON.parse(stdout);
}

function medianOf<Item>(items: readonly Item[], measure: (item: Item) => number): Item {
  const sorted = items.toSorted((left, right) => measure(left) - measure(right));
  const median = sorted[Math.floor(sorted.length / 2)];
  if (median === undefined) throw new Error('no run');
  return median;
}

interface GoldenFigures {
  readonly dependsLines: number;
  readonly dependsDifferent: number;
  readonly failLines: number;
  readonly skipLines: number;
  /** Fail and skip counts, and all DEPENDS lines in their order. */
  readonly isGolden: boolean;
}

async function compareGolden(output: string): Promise<GoldenFigures> {
  const own = await readMarks(createReadStream(output));
  const golden = await readMarks(createReadStream(join(DATA, 'presolve.zst')).pipe(createZstdDecompress()));
  const names = new Set([...own.depends.keys(), ...golden.depends.keys()]);
  const different = [...names].filter((name) => own.depends.get(name) !== golden.depends.get(name)).length;
  const isGolden = different === 0 && own.fail === golden.fail && own.skip === golden.skip;
  const { depends, fail, skip } = own;
  return {
    dependsLines: depends.size,
    dependsDifferent: different,
    failLines: fail,
    skipLines: skip,
    isGolden,
  };
}

interface Marks {
  /** The DEPENDS line by PKGNAME. */
  readonly depends: ReadonlyMap<string, string>;
  readonly fail: number;
  readonly skip: number;
}

async function readMarks(bytes: NodeJS.ReadableStream): Promise<Marks> {
  const depends = new Map<string, string>();
  let name = '';
  let fail = 0;
  let skip = 0;
  for await (const line of createInterface({ input: bytes })) {
    if (line.startsWith('PKGNAME=')) name = line.slice(8);
    else if (line.startsWith('DEPENDS=')) depends.set(name, line);
    else if (/^PKG_FAIL_REASON=./.test(line)) fail += 1;
    else if (/^PKG_SKIP_REASON=./.test(line)) skip += 1;
  }
  return { depends, fail, skip };
}

function print(figures: SplitFigures & { readonly program: ProgramFigures }, golden: GoldenFigures): void {
  const { program, cpuMs } = figures;
  const rows: readonly (readonly [string, string])[] = [
    ['records', `${figures.records}, ${figures.malformed} malformed`],
    ['bulkmesh resolve: CPU', `${program.cpuMs} ms (target ${CPU_LIMIT_MS})`],
    ['bulkmesh resolve: wall', `${program.wallMs} ms`],
    [
      'bulkmesh resolve: peak',
      `${Math.round(program.peakRssBytes / 1e6)} MB (target ${RSS_LIMIT_BYTES / 1e6})`,
    ],
    ['sources: node, modules', `${cpuMs.start} ms CPU`],
    ['sources: read, parse', `${cpuMs.parse} ms CPU, of which decompression ${cpuMs.unpack}`],
    ['sources: resolve', `${cpuMs.resolve} ms CPU`],
    ['sources: write', `${cpuMs.write} ms CPU`],
    ['sources: in all', `${cpuMs.total} ms CPU`],
    ['DEPENDS lines', `${golden.dependsLines}, ${golden.dependsDifferent} not as published`],
    ['fail, skip reasons', `${golden.failLines}, ${golden.skipLines}`],
    ['as published', golden.isGolden ? 'yes' : 'NO'],
  ];
  for (const [name, value] of rows) process.stdout.write(`${name.padEnd(24)}${value}\n`);
}

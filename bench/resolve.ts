import { execFile } from 'node:child_process';
import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { createZstdDecompress } from 'node:zlib';
import type { ChildResult, Usage } from './resolve/child.ts';

export const description =
  'parse, resolve and write the recorded scan of a whole tree: CPU, memory, and the published result';

const DATA = join(import.meta.dirname, '../../shared/data');
const CHILD = join(import.meta.dirname, 'resolve/child.ts');
const RUNS = 3;
const CPU_LIMIT_MS = 3_000;
const RSS_LIMIT_BYTES = 400_000_000;

/**
 * Runs the whole of it in a process of its own, `args[0]` times (3), and compares what that wrote with the published
 * file. CPU is user and system time of all threads, the start of node included; the figures are those of the median run
 * by CPU, the peak is the highest of all.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  if (!existsSync(join(DATA, 'pscan.zst'))) return { skipped: `no recorded data in ${DATA}` };
  const scratch = await mkdtemp(join(tmpdir(), 'bulkmesh-resolve-'));
  try {
    const output = join(scratch, 'presolve');
    const results: ChildResult[] = [];
    const count = Math.max(1, Math.trunc(Number(args[0] ?? RUNS)) || RUNS);
    for (let at = 0; at < count; at += 1) results.push(await runChild(output));
    const figures = summarise(results);
    const golden = await compareGolden(output);
    print(figures, golden);
    return { ...figures, ...golden };
  } finally {
    await rm(scratch, { recursive: true });
  }
}

async function runChild(output: string): Promise<ChildResult> {
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, join(DATA, 'pscan.zst'), output]);
  return JSON.parse(stdout);
}

interface Figures {
  readonly runs: number;
  readonly records: number;
  readonly malformed: number;
  readonly states: Readonly<Record<string, number>>;
  readonly cpuMs: Readonly<Record<'start' | 'parse' | 'resolve' | 'write' | 'total', number>>;
  readonly wallMs: number;
  readonly peakRssBytes: number;
  readonly isWithinTarget: boolean;
}

function summarise(results: readonly ChildResult[]): Figures {
  const byCpu = results.toSorted((left, right) => left.written.cpuMs - right.written.cpuMs);
  const median = byCpu[Math.floor(byCpu.length / 2)];
  if (median === undefined) throw new Error('no run');
  const { started, parsed, resolved, written } = median;
  const between = (from: Usage, to: Usage): number => to.cpuMs - from.cpuMs;
  const peakRssBytes = Math.max(...results.map((result) => result.written.peakRssBytes));
  return {
    runs: results.length,
    records: median.records,
    malformed: median.malformed,
    states: median.states,
    cpuMs: {
      start: started.cpuMs,
      parse: between(started, parsed),
      resolve: between(parsed, resolved),
      write: between(resolved, written),
      total: written.cpuMs,
    },
    wallMs: written.wallMs,
    peakRssBytes,
    isWithinTarget: written.cpuMs <= CPU_LIMIT_MS && peakRssBytes <= RSS_LIMIT_BYTES,
  };
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

function print(figures: Figures, golden: GoldenFigures): void {
  const { start, parse, resolve, write, total } = figures.cpuMs;
  const rows: readonly (readonly [string, string])[] = [
    ['records', `${figures.records}, ${figures.malformed} malformed`],
    ['CPU: node and modules', `${start} ms`],
    ['CPU: decompress, parse', `${parse} ms`],
    ['CPU: resolve', `${resolve} ms`],
    ['CPU: write', `${write} ms`],
    ['CPU in all', `${total} ms (target ${CPU_LIMIT_MS})`],
    ['wall time', `${figures.wallMs} ms`],
    ['peak RSS', `${Math.round(figures.peakRssBytes / 1e6)} MB (target ${RSS_LIMIT_BYTES / 1e6})`],
    ['DEPENDS lines', `${golden.dependsLines}, ${golden.dependsDifferent} not as published`],
    ['fail, skip reasons', `${golden.failLines}, ${golden.skipLines}`],
    ['as published', golden.isGolden ? 'yes' : 'NO'],
  ];
  for (const [name, value] of rows) process.stdout.write(`${name.padEnd(24)}${value}\n`);
}

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { itemAt } from '../../src/core/assert.ts';
import { packEdges, reverseEdges } from '../../src/core/graph/edges.ts';
import { createRandom, drawItem, type RandomState } from '../../src/core/random.ts';
import type { Work, Workload } from './workload.ts';

const folder = join(import.meta.dirname, '../../../shared/data');

export const hasData = (): boolean => existsSync(join(folder, 'history-bulk-large.zst'));

/**
 * The recorded build of bulk-large. A package without a row takes as long as its twin for another version of Python or Ruby; one
 * without a twin takes the median.
 */
export const loadBulkLarge = async (): Promise<Workload> => {
  const records = await loadRecords();
  const median = medianWork([...records.values()]);
  return loadGraph('bulk-large', 'depgraph-bulk-large.zst', (name) => findOwn(records, name) ?? median);
};

/**
 * The graph of the whole tree. Packages that bulk-large has too take what was recorded there; each other one what a
 * package of the same family took (p5-, ruby-, tex-, ... by the first part of its name, and all others), drawn by `seed`.
 */
export const loadWholeTree = async (seed: number): Promise<Workload> => {
  const records = await loadRecords();
  const families = Map.groupBy(records, ([base]) => familyOf(base));
  const random = createRandom(seed);
  return loadGraph(
    'whole tree',
    'depgraph.zst',
    (name) => findOwn(records, name) ?? drawFrom(random, families, name),
  );
};

type Records = ReadonlyMap<string, Work>;

/** By name without version. */
const loadRecords = async (): Promise<Records> => {
  const [head = '', ...lines] = (await readText('history-bulk-large.zst')).split('\n');
  const columns = head.split(',');
  const records = new Map<string, Work>();
  for (const line of lines) {
    const cells = line.split(',');
    const cell = (column: string): string => cells[columns.indexOf(column)] ?? '';
    if (cell('pkgname') === '') continue;
    records.set(baseOf(cell('pkgname')), splitTimes(cell, columns));
  }
  return records;
};

/**
 * Only the build stage shares its work among jobs. What its processes used less than that many cores for is time in which one
 * core worked: wall time less CPU time by jobs.
 */
const splitTimes = (cell: (column: string) => string, columns: readonly string[]): Work => {
  const number = (column: string): number => Number(cell(column)) || 0;
  const wallMs = Math.max(1, number('duration'));
  const jobs = Number(cell('make_jobs')) || 4;
  const build = columns.indexOf('build');
  const beforeBuild = columns.slice(columns.indexOf('pre-clean'), build);
  const earlierMs = Math.min(
    wallMs,
    beforeBuild.reduce((sum, column) => sum + number(column), 0),
  );
  const buildMs = Math.min(number('build'), wallMs - earlierMs);
  const cpuMs = number('cpu:build');
  const isShared = cell('make_jobs') !== '1' && cpuMs > buildMs;
  const sharedMs = isShared ? Math.min(cpuMs, buildMs * jobs) : 0;
  const beforeMs = earlierMs + buildMs - sharedMs / jobs;
  return {
    beforeMs,
    sharedMs,
    afterMs: wallMs - earlierMs - buildMs,
    jobsSafe: cell('make_jobs') !== '1',
    wallMs,
  };
};

const loadGraph = async (title: string, file: string, workOf: (name: string) => Work): Promise<Workload> => {
  const needsOf = new Map<string, string[]>();
  const listOf = (name: string): string[] => {
    const list = needsOf.get(name) ?? [];
    if (list.length === 0) needsOf.set(name, list);
    return list;
  };
  for (const line of (await readText(file)).split('\n')) {
    const [dependency, dependent] = line.split(' -> ');
    if (dependency === undefined || dependent === undefined) continue;
    listOf(dependency);
    listOf(dependent).push(dependency);
  }
  const names = [...needsOf.keys()].sort();
  const indexOf = new Map(names.map((name, index) => [name, index]));
  const needs = packEdges(names.map((name) => listOf(name).map((need) => indexOf.get(need) ?? 0)));
  return { title, names, needs, dependents: reverseEdges(needs), work: names.map(workOf) };
};

const findOwn = (records: Records, name: string): Work | undefined => {
  const base = baseOf(name);
  const twins = ['py313-', 'ruby32-', 'php83-', 'lua54-'].map((prefix) => base.replace(VERSIONED, prefix));
  return [base, ...twins].map((candidate) => records.get(candidate)).find((work) => work !== undefined);
};

const drawFrom = (
  random: RandomState,
  families: ReadonlyMap<string, readonly (readonly [string, Work])[]>,
  name: string,
): Work => {
  const family = families.get(familyOf(baseOf(name))) ?? [];
  // Of fewer than ten packages one would be drawn again and again.
  const drawn = drawItem(random, family.length >= 10 ? family : (families.get('') ?? []));
  if (drawn === undefined) throw new Error('the history holds no package');
  return drawn[1];
};

/** A module of an interpreter that the tree has several versions of. */
const VERSIONED = /^(?:py|ruby|php|lua)\d+-/;
const FAMILY = /^(p5|py|ruby|php|lua|tex|xf86|font|qt|R|hs|ocaml)\d*-/;

const familyOf = (base: string): string => FAMILY.exec(base)?.[1] ?? '';

const baseOf = (name: string): string => name.replace(/-[^-]*$/, '');

const medianWork = (all: readonly Work[]): Work =>
  itemAt(
    all.toSorted((a, b) => a.wallMs - b.wallMs),
    all.length >> 1,
  );

const readText = async (file: string): Promise<string> =>
  (await promisify(zstdDecompress)(await readFile(join(folder, file)))).toString();

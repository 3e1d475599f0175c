import type { Wish } from './arguments.ts';
import { findPercentile } from './delays.ts';
import type { FamilyName } from './families.ts';
import type { Job } from './judge.ts';
import type { Summary } from './range.ts';
import { describeList, runJobs } from './range.ts';

/** One thing that users feel, and how much of it they are to feel at most. */
interface Figure {
  readonly name: string;
  readonly family: FamilyName;
  readonly read: (sum: Summary) => number;
  readonly most: number;
}

const p50 = (values: readonly number[]): number => findPercentile(values, 0.5);
const p99 = (values: readonly number[]): number => findPercentile(values, 0.99);
const perTask = ({ economy }: Summary): number => economy.runs / Math.max(1, economy.tasks);
const lateness = ({ violations }: Summary): number => violations.length;

const figures: readonly Figure[] = [
  { name: 'leader killed, p50, ms', family: 'killed', read: (sum) => p50(sum.delays.killed), most: 1_000 },
  { name: 'leader killed, p99, ms', family: 'killed', read: (sum) => p99(sum.delays.killed), most: 2_000 },
  { name: 'leader silent, p50, ms', family: 'silent', read: (sum) => p50(sum.delays.silent), most: 8_000 },
  { name: 'leader silent, p99, ms', family: 'silent', read: (sum) => p99(sum.delays.silent), most: 8_000 },
  { name: 'join to first start, p50, ms', family: 'join', read: (sum) => p50(sum.delays.joins), most: 3_000 },
  { name: 'join to first start, p99, ms', family: 'join', read: (sum) => p99(sum.delays.joins), most: 3_000 },
  {
    name: 'work of a dead host given away, p50, ms',
    family: 'lost',
    read: (sum) => p50(sum.delays.offers),
    most: 17_000,
  },
  {
    name: 'work of a dead host given away, p99, ms',
    family: 'lost',
    read: (sum) => p99(sum.delays.offers),
    most: 17_000,
  },
  { name: 'runs per task, nothing goes wrong', family: 'calm', read: perTask, most: 1 },
  {
    name: 'leaderships per run, nothing goes wrong',
    family: 'calm',
    read: ({ economy, seeds }) => economy.leaderships / seeds,
    most: 1,
  },
  {
    name: 'runs per task but for trouble, 20 faults',
    family: 'chaos',
    read: ({ economy }) => (economy.runs - economy.troubled) / Math.max(1, economy.tasks),
    most: 1.25,
  },
  {
    name: 'tasks built twice, 20 faults, share',
    family: 'chaos',
    read: ({ economy }) => economy.duplicates / Math.max(1, economy.tasks),
    most: 0.02,
  },
  {
    name: 'runs ended early, 20 faults, share',
    family: 'chaos',
    read: ({ economy }) => (economy.cancelled + economy.lost) / Math.max(1, economy.runs),
    most: 0.2,
  },
  {
    name: 'gifts never used, 20 faults, share',
    family: 'chaos',
    read: ({ economy }) => economy.idleGifts / Math.max(1, economy.gifts),
    most: 0.1,
  },
  { name: 'violations (a lost fact is one), 20 faults', family: 'chaos', read: lateness, most: 0 },
];

/** Measures what users feel, prints a table and a line of JSON. Exit code 1 if something is more than it may be. */
export const reportFigures = async (wish: Wish): Promise<number> => {
  const sums = new Map<FamilyName, Summary>();
  for (const family of new Set(figures.map((figure) => figure.family))) {
    sums.set(family, await runJobs(listSeeds(wish, family), wish.workers));
  }
  let isWell = true;
  const found: Record<string, number> = {};
  for (const { name, family, read, most } of figures) {
    const sum = sums.get(family);
    if (sum === undefined) continue;
    const value = read(sum);
    found[name] = Number(value.toFixed(4));
    if (value > most) isWell = false;
    const mark = value > most ? 'MORE THAN' : 'at most';
    console.log(
      `${name.padEnd(44)} ${format(value).padStart(9)}  ${mark} ${format(most)}  (${sum.seeds} runs)`,
    );
  }
  for (const [family, { violations }] of sums) {
    if (violations.length === 0) continue;
    isWell = false;
    console.log(`${family}: violations in seeds ${violations.map(({ seed }) => seed).join(' ')}`);
  }
  const lists = {
    killed: sums.get('killed')?.delays.killed ?? [],
    silent: sums.get('silent')?.delays.silent ?? [],
    joins: sums.get('join')?.delays.joins ?? [],
    offers: sums.get('lost')?.delays.offers ?? [],
  };
  const counts = Object.entries(lists).map(([name, values]) => [name, describeList(values)]);
  console.log(JSON.stringify({ ...found, ...Object.fromEntries(counts) }));
  return isWell ? 0 : 1;
};

const listSeeds = ({ seeds: [from, to], hosts, faults, off }: Wish, family: FamilyName): readonly Job[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({
    ...{ family, off, seed: from + index, twice: false },
    ...(hosts === undefined ? {} : { hosts }),
    ...(faults === undefined ? {} : { faults }),
  }));

const format = (value: number): string =>
  Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 3 : 0);

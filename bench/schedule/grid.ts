import type { Row, Turn } from './cases.ts';
import { type Contender, fixedJobs, listRules, ours } from './compare.ts';
import type { Workload } from './workload.ts';

/** Rows that are shown in one table, with the same contenders. */
export interface Part {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly contenders: readonly Contender[];
}

export interface Workloads {
  readonly bulkLarge: Workload;
  readonly wholeTree: Workload;
}

const NOISE = 0.6;
/** MAKE_JOBS of the recorded build; times that do not hang on it are those of that build. */
const RECORDED_JOBS = 4;
const oneSeed = [1];
const fiveSeeds = [1, 2, 3, 4, 5];

/** What is run: rows that tell the story in minutes, or all. */
export const listParts = ({ bulkLarge, wholeTree }: Workloads, isFull: boolean): readonly Part[] => [
  {
    title: 'Recorded times',
    rows: isFull ? listAll(bulkLarge, wholeTree) : [...listStory(bulkLarge), ...listTree(wholeTree)],
    contenders: [...listRules(RECORDED_JOBS), ours],
  },
  {
    title: 'Hosts of 16 cores, 8 slots, times by MAKE_JOBS',
    rows: listCores(bulkLarge, isFull),
    contenders: [...[2, 4, 8, 16].map(fixedJobs), ours],
  },
];

const rowOf = (workload: Workload, size: readonly [number, number], turn: Turn, sigma: number): Row => ({
  ...{ workload, model: 'fixed', hosts: size[0], slots: size[1], turn, sigma },
  // Without chance all seeds are the same.
  seeds: turn === 'unequal' || sigma > 0 ? fiveSeeds : oneSeed,
});

const listStory = (workload: Workload): readonly Row[] => [
  ...sizes([1, 4], [2, 4], [4, 4], [16, 4], [64, 8]).map((size) => rowOf(workload, size, 'equal', 0)),
  ...sizes([2, 4], [4, 4]).map((size) => rowOf(workload, size, 'equal', NOISE)),
  ...sizes([2, 4], [4, 4], [8, 4], [16, 4]).map((size) => rowOf(workload, size, 'unequal', 0)),
  ...sizes([2, 4], [4, 4]).map((size) => rowOf(workload, size, 'unequal', NOISE)),
  ...sizes([2, 4], [4, 4]).flatMap((size) =>
    (['join', 'death'] as const).map((turn) => rowOf(workload, size, turn, 0)),
  ),
];

const listTree = (workload: Workload): readonly Row[] => [
  rowOf(workload, [10, 8], 'equal', 0),
  { ...rowOf(workload, [10, 8], 'unequal', NOISE), seeds: oneSeed },
];

const listAll = (...workloads: readonly Workload[]): readonly Row[] =>
  workloads.flatMap((workload) =>
    [1, 2, 4, 8, 16, 32, 64].flatMap((hosts) =>
      [1, 4, 8, 32].flatMap((slots) =>
        [0, NOISE].flatMap((sigma) =>
          (['equal', 'unequal', 'join', 'death'] as const)
            .filter((turn) => turn === 'equal' || hosts > 1)
            .map((turn) => rowOf(workload, [hosts, slots], turn, sigma)),
        ),
      ),
    ),
  );

const listCores = (workload: Workload, isFull: boolean): readonly Row[] =>
  (isFull ? [0, NOISE] : [0]).flatMap((sigma) =>
    [1, 2, 4, 8].map((hosts) => ({
      ...rowOf(workload, [hosts, 8], 'equal', sigma),
      model: 'cores' as const,
    })),
  );

const sizes = (...all: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] => all;

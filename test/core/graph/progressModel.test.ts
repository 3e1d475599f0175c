import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Progress } from '../../../src/core/graph/progress.ts';
import {
  countStartable,
  createProgress,
  extendProgress,
  isOver,
  listByRank,
  peekReady,
  putBack,
  recordEnd,
  releasePaused,
  reopen,
  takeReady,
  takeTask,
} from '../../../src/core/graph/progress.ts';
import { createTable, isBefore } from '../../../src/core/graph/table.ts';
import type { TaskName } from '../../../src/core/ids.ts';
import { taskName } from '../../../src/core/ids.ts';
import type { Task } from '../../../src/core/plan.ts';
import { anyPlan } from '../samples.ts';

/** What one has been told of each task, from which all else follows. */
interface Known {
  readonly facts: Map<TaskName, 'built' | 'failed'>;
  readonly taken: Set<TaskName>;
  readonly paused: Map<TaskName, number>;
}

/** Where a task stands, by the definition: exponential, for small plans only. */
const naiveStatus = (known: Known, tasks: ReadonlyMap<TaskName, Task>, name: TaskName): string => {
  const fact = known.facts.get(name);
  if (fact !== undefined) return fact;
  if (known.taken.has(name)) return 'taken';
  const needs = tasks.get(name)?.needs.map((need) => naiveStatus(known, tasks, need)) ?? [];
  if (needs.some((status) => status === 'failed' || status === 'blocked')) return 'blocked';
  if (needs.some((status) => status !== 'built')) return 'waiting';
  return known.paused.has(name) ? 'paused' : 'ready';
};

const findStatus = ({ table }: Progress, known: Known, name: TaskName): string =>
  naiveStatus(known, new Map(table.tasks.map((task) => [task.name, task])), name);

/** Compares all that a progress says with what follows from what it was told. */
const compare = (progress: Progress, known: Known): void => {
  const { table, status } = progress;
  expect(status).toEqual(table.tasks.map(({ name }) => findStatus(progress, known, name)));
  const isOpen = (each: string) => each === 'waiting' || each === 'ready' || each === 'paused';
  expect(countStartable(progress)).toBe(status.filter(isOpen).length);
  for (const [kind, count] of Object.entries(progress.counts)) {
    expect(status.filter((each) => each === kind).length).toBe(count);
  }
  const isLeft = (task: number) => isOpen(status[task] ?? '') || status[task] === 'taken';
  const left = [...table.tasks.keys()].filter(isLeft);
  expect(isOver(progress)).toBe(left.length === 0);
  expect(progress.workLeftMs).toBe(left.reduce((sum, task) => sum + (table.tasks[task]?.estimateMs ?? 0), 0));
  expect([...listByRank(progress)]).toEqual([...table.byRank].filter(isLeft));
  expect(peekReady(progress)).toBe(sortReady(progress)[0]);
  const inHeap = [...progress.heap.tasks, ...progress.heap.fresh];
  expect(new Set(inHeap).size).toBe(inHeap.length);
  expect(progress.heap.held.length).toBe(table.tasks.length);
  expect(progress.paused.map(({ task }) => task).sort()).toEqual(
    [...table.tasks.keys()].filter((task) => status[task] === 'paused').sort(),
  );
};

const sortReady = ({ table, status }: Progress): readonly number[] =>
  [...table.tasks.keys()]
    .filter((task) => status[task] === 'ready')
    .sort((a, b) => (isBefore(table, a, b) ? -1 : 1));

const anyMove = fc.record({
  kind: fc.constantFrom(
    'built',
    'failed',
    'failed',
    'first',
    'take',
    'back',
    'pause',
    'release',
    'add',
    'reopen',
  ),
  task: fc.nat(),
});

type Move = { readonly kind: string; readonly task: number };

/** Makes one move, in the progress and in what is known. */
const play = (progress: Progress, known: Known, { kind, task: number }: Move, nowMs: number): void => {
  const task = number % progress.table.tasks.length;
  const name = progress.table.tasks[task]?.name ?? taskName('');
  switch (kind) {
    case 'built':
    case 'failed': {
      const before = known.facts.get(name);
      expect(recordEnd(progress, task, kind)).toBe(
        before === undefined || (before === 'failed' && kind === 'built'),
      );
      if (before !== 'built') known.facts.set(name, kind);
      known.taken.delete(name);
      known.paused.delete(name);
      break;
    }
    case 'reopen':
      if (known.facts.get(name) !== 'failed') break;
      known.facts.delete(name);
      reopen(progress, task);
      break;
    case 'first': {
      const [first, second] = sortReady(progress);
      const wanted = number % 2 === 0 ? first : second;
      const taken = takeReady(progress, (each) => (each === wanted ? 'take' : 'skip'), 2);
      expect(taken).toBe(wanted);
      const found = wanted === undefined ? undefined : progress.table.tasks[wanted]?.name;
      if (found !== undefined) known.taken.add(found);
      break;
    }
    case 'take': {
      const isFree = !(known.facts.has(name) || known.taken.has(name));
      expect(takeTask(progress, task)).toBe(isFree);
      if (isFree) known.taken.add(name);
      known.paused.delete(name);
      break;
    }
    case 'back':
    case 'pause':
      if (!known.taken.delete(name)) break;
      putBack(progress, task, kind === 'pause' ? nowMs + 3 : undefined);
      // Only what could start at once has to pause.
      if (kind === 'pause' && findStatus(progress, known, name) === 'ready')
        known.paused.set(name, nowMs + 3);
      break;
    case 'release':
      releasePaused(progress, nowMs);
      for (const [each, untilMs] of known.paused) if (untilMs <= nowMs) known.paused.delete(each);
      break;
    default: {
      const added = taskName(`t${number % 40}-added`);
      extendProgress(progress, [
        {
          name: added,
          needs: [],
          estimateMs: 1 + (number % 50),
          jobsSafe: true,
          weight: 100,
          diskBytes: 0,
          memoryBytes: 0,
        },
      ]);
    }
  }
};

describe('progress, whatever happens in whatever order', () => {
  it('is what follows from all it was told, and its first ready task is the first of all that are ready', () => {
    fc.assert(
      fc.property(anyPlan(14), fc.array(anyMove, { maxLength: 60 }), (plan, moves) => {
        const progress = createProgress(createTable(plan));
        const known: Known = { facts: new Map(), taken: new Set(), paused: new Map() };
        compare(progress, known);
        moves.forEach((move, nowMs) => {
          play(progress, known, move, nowMs);
          compare(progress, known);
        });
        const rest = sortReady(progress).map(() => takeReady(progress, () => 'take', 1));
        expect(new Set(rest).size).toBe(rest.length);
        expect([rest.includes(undefined), takeReady(progress, () => 'take', 1)]).toEqual([false, undefined]);
      }),
      { numRuns: 300 },
    );
  });

  it('is the same from the same facts, in whatever order they come', () => {
    const anyEnds = fc.array(fc.record({ task: fc.nat(), isBuilt: fc.boolean() }), { maxLength: 40 });
    fc.assert(
      fc.property(anyPlan(), anyEnds, fc.infiniteStream(fc.nat()), (plan, ends, numbers) => {
        const replay = (list: typeof ends) => {
          const progress = createProgress(createTable(plan));
          for (const { task, isBuilt } of list) {
            recordEnd(progress, task % plan.tasks.length, isBuilt ? 'built' : 'failed');
          }
          const { status, counts, missing, hindered, workLeftMs } = progress;
          return { status, counts, missing, hindered, workLeftMs, byRank: [...listByRank(progress)] };
        };
        const shuffled = ends
          .map((end) => ({ end, key: numbers.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ end }) => end);
        expect(replay(shuffled)).toEqual(replay(ends));
      }),
    );
  });
});

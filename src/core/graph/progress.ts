import { assert, itemAt } from '../assert.ts';
import type { Fact } from '../facts/fact.ts';
import { selectCanonical } from '../facts/merge.ts';
import { findDependents } from './blocked.ts';
import { countEdges, targetsOf } from './edges.ts';
import type { ReadyHeap } from './ready.ts';
import { popReady, pushReady } from './ready.ts';
import type { TaskTable } from './table.ts';

/**
 * Where a task stands. `waiting` for what it needs; `ready`; `paused` after trouble, ready again later; `running`
 * on a slot; `built` and `failed` by a fact; `blocked` because something that it needs has failed.
 *
 *     waiting -> ready <-> running -> built | failed
 *        |         ^        |
 *        v         |        v
 *     blocked      +----- paused
 */
type TaskStatus = 'waiting' | 'ready' | 'paused' | 'running' | 'built' | 'failed' | 'blocked';

/** What has become of each task of one plan: derived from facts and runs, never stored. */
export interface Progress {
  readonly table: TaskTable;
  readonly status: TaskStatus[];
  readonly counts: Record<TaskStatus, number>;
  /** How many of its needs a task still waits for. */
  readonly missing: Int32Array;
  readonly ready: ReadyHeap;
  readonly paused: { readonly task: number; readonly untilMs: number }[];
  /** Expected time of all tasks that are not over, milliseconds. */
  workLeftMs: number;
  /** Where in `table.byRank` the tasks begin that are not over. */
  firstByRank: number;
}

/** The progress of a plan of which these facts are known; facts about tasks that it does not have are ignored. */
export const createProgress = (table: TaskTable, facts: Iterable<Fact>): Progress => {
  const { tasks } = table;
  const progress: Progress = {
    table,
    status: tasks.map(() => 'waiting'),
    counts: { waiting: tasks.length, ready: 0, paused: 0, running: 0, built: 0, failed: 0, blocked: 0 },
    missing: Int32Array.from(tasks, (_, task) => countEdges(table.needs, task)),
    ready: [],
    paused: [],
    workLeftMs: tasks.reduce((sum, task) => sum + task.estimateMs, 0),
    firstByRank: 0,
  };
  const failed: number[] = [];
  for (const fact of selectCanonical(facts).values()) {
    const task = table.indexOf.get(fact.task);
    if (task === undefined) continue;
    setStatus(progress, task, fact.outcome.kind);
    if (fact.outcome.kind === 'failed') failed.push(task);
    else for (const dependent of targetsOf(table.dependents, task)) countDown(progress, dependent);
  }
  for (const task of failed) blockDependents(progress, task);
  for (let task = 0; task < tasks.length; task++) {
    if (progress.status[task] === 'waiting' && progress.missing[task] === 0) makeReady(progress, task);
  }
  return progress;
};

/** What to do with a ready task: run it, look at the next one, or look no further. */
export type Choice = 'take' | 'skip' | 'stop';

/**
 * Takes the first ready task that `choose` takes, to run it. Those that it skips stay ready, and so does the one that
 * stops the search, which ends after `looksMax` tasks in any case. Undefined when none was taken.
 */
export const takeReady = (
  progress: Progress,
  choose: (task: number) => Choice,
  looksMax: number,
): number | undefined => {
  const { table, ready } = progress;
  const seen: number[] = [];
  let taken: number | undefined;
  while (seen.length < looksMax) {
    const task = popReady(table, ready);
    if (task === undefined) break;
    const choice = choose(task);
    if (choice === 'take') {
      taken = task;
      break;
    }
    seen.push(task);
    if (choice === 'stop') break;
  }
  for (const task of seen) pushReady(table, ready, task);
  if (taken !== undefined) setStatus(progress, taken, 'running');
  return taken;
};

/** A running task goes back: ready at once, or at `untilMs`. */
export const putBack = (progress: Progress, task: number, untilMs: number | undefined): void => {
  assert(progress.status[task] === 'running', `task ${task} is put back but does not run`);
  if (untilMs === undefined) {
    makeReady(progress, task);
    return;
  }
  setStatus(progress, task, 'paused');
  progress.paused.push({ task, untilMs });
};

/** Makes ready what has paused long enough. */
export const releasePaused = (progress: Progress, nowMs: number): void => {
  const rest = progress.paused.filter(({ untilMs }) => untilMs > nowMs);
  if (rest.length === progress.paused.length) return;
  for (const { task, untilMs } of progress.paused.splice(0)) {
    if (untilMs <= nowMs) makeReady(progress, task);
  }
  progress.paused.push(...rest);
};

/** A running task has its end: what waits for it becomes ready or blocked. */
export const recordEnd = (progress: Progress, task: number, kind: 'built' | 'failed'): void => {
  assert(progress.status[task] === 'running', `task ${task} ends but does not run`);
  setStatus(progress, task, kind);
  if (kind === 'failed') {
    blockDependents(progress, task);
    return;
  }
  for (const dependent of targetsOf(progress.table.dependents, task)) {
    countDown(progress, dependent);
    if (progress.status[dependent] === 'waiting' && progress.missing[dependent] === 0) {
      makeReady(progress, dependent);
    }
  }
};

/** How many tasks may still have to be started. */
export const countStartable = ({ counts }: Progress): number => counts.waiting + counts.ready + counts.paused;

/** True when no task can start or end any more. */
export const isOver = (progress: Progress): boolean =>
  countStartable(progress) === 0 && progress.counts.running === 0;

/** Tasks that are not over, longest remaining path first. */
export function* listByRank(progress: Progress): Generator<number> {
  const { byRank } = progress.table;
  while (progress.firstByRank < byRank.length && hasEnd(progress, itemAt(byRank, progress.firstByRank))) {
    progress.firstByRank++;
  }
  for (let place = progress.firstByRank; place < byRank.length; place++) {
    const task = itemAt(byRank, place);
    if (!hasEnd(progress, task)) yield task;
  }
}

const hasEnd = (progress: Progress, task: number): boolean => {
  const status = progress.status[task];
  return status === 'built' || status === 'failed' || status === 'blocked';
};

const blockDependents = (progress: Progress, task: number): void => {
  const isWaiting = (dependent: number): boolean => progress.status[dependent] === 'waiting';
  for (const dependent of findDependents(progress.table.dependents, task, isWaiting)) {
    setStatus(progress, dependent, 'blocked');
  }
};

const makeReady = (progress: Progress, task: number): void => {
  setStatus(progress, task, 'ready');
  pushReady(progress.table, progress.ready, task);
};

const countDown = (progress: Progress, task: number): void => {
  progress.missing[task] = itemAt(progress.missing, task) - 1;
};

const setStatus = (progress: Progress, task: number, status: TaskStatus): void => {
  assert(!hasEnd(progress, task), `task ${task} ends twice`);
  progress.counts[itemAt(progress.status, task)]--;
  progress.counts[status]++;
  progress.status[task] = status;
  if (hasEnd(progress, task)) progress.workLeftMs -= itemAt(progress.table.tasks, task).estimateMs;
};

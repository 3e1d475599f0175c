import { assert, itemAt } from '../assert.ts';
import type { Task } from '../plan.ts';
import { countEdges } from './edges.ts';
import type { ReadyHeap } from './ready.ts';
import { createHeap, growHeap, popReady, pushReady } from './ready.ts';
import type { TaskTable } from './table.ts';
import { extendTable } from './table.ts';

/**
 * Where a task stands. `waiting` for what it needs; `ready`; `paused` after trouble, ready again later; `taken` by
 * whoever is to run it; `built` and `failed` by a fact; `blocked` because something that it needs has failed.
 *
 *     waiting -> ready <-> taken
 *      |   ^       ^         |
 *      v   |       |         v
 *     blocked      +----- paused
 *
 * A fact may come at any time, whatever its task is then, and whatever is known of what it needs. `failed` may become
 * `built` later, which no failure takes back, or be open again when a user wants that: then what was blocked waits
 * again, or is ready. A task may also be taken while it waits or is blocked: whoever has it knows more than this agent.
 */
export type TaskStatus = 'waiting' | 'ready' | 'paused' | 'taken' | 'built' | 'failed' | 'blocked';

/** What has become of each task of one plan: derived from facts and from who holds what, never stored. */
export interface Progress {
  table: TaskTable;
  readonly status: TaskStatus[];
  readonly counts: Record<TaskStatus, number>;
  /** How many of its needs are not built yet, by task. */
  missing: Int32Array;
  /** How many of its needs have failed or are blocked, by task. */
  hindered: Int32Array;
  /** All that are ready, and some that were. */
  readonly heap: ReadyHeap;
  /** Those that are paused now, monotonic milliseconds. */
  readonly paused: { readonly task: number; readonly untilMs: number }[];
  /** Expected time of all tasks that are not over, milliseconds. */
  workLeftMs: number;
  /** Where in `table.byRank` the tasks begin that are not over. */
  firstByRank: number;
}

/** The progress of a plan of which nothing is known. */
export const createProgress = (table: TaskTable): Progress => {
  const progress: Progress = {
    table,
    status: [],
    counts: { waiting: 0, ready: 0, paused: 0, taken: 0, built: 0, failed: 0, blocked: 0 },
    missing: Int32Array.from(table.tasks, (_, task) => countEdges(table.needs, task)),
    hindered: new Int32Array(table.tasks.length),
    heap: createHeap(table.tasks.length),
    paused: [],
    workLeftMs: 0,
    firstByRank: 0,
  };
  openTasks(progress);
  return progress;
};

/**
 * Adds tasks, which need nothing; those that the plan has already are left out. Costs a copy of the table: many tasks are
 * better added at once.
 */
export const extendProgress = (progress: Progress, tasks: readonly Task[]): void => {
  const table = extendTable(progress.table, tasks);
  if (table === progress.table) return;
  const count = table.tasks.length;
  progress.table = table;
  progress.missing = growNumbers(progress.missing, count);
  progress.hindered = growNumbers(progress.hindered, count);
  growHeap(progress.heap, count);
  progress.firstByRank = 0;
  openTasks(progress);
};

/**
 * A task has its end, by a fact: what waits for it becomes ready or blocked, or is blocked no more. What is known already
 * changes nothing, nor does a failure of what was built. True when the task's own status has changed.
 */
export const recordEnd = (progress: Progress, task: number, kind: 'built' | 'failed'): boolean => {
  const before = itemAt(progress.status, task);
  if (before === 'built' || before === kind) return false;
  changeStatus(progress, task, kind);
  return true;
};

/** The failure of a task counts no more: it is open again, and so is what waits for it alone. */
export const reopen = (progress: Progress, task: number): void => {
  assert(progress.status[task] === 'failed', `task ${task} is opened again but has not failed`);
  changeStatus(progress, task, findOpenStatus(progress, task));
};

/** What to do with a ready task: take it, look at the next one, or look no further. */
export type Choice = 'take' | 'skip' | 'stop';

/**
 * Takes the first ready task that `choose` takes. Those that it skips stay ready, and so does the one that stops the
 * search, which ends after `looksMax` tasks in any case. Undefined when none was taken. `choose` changes nothing itself.
 */
export const takeReady = (
  progress: Progress,
  choose: (task: number) => Choice,
  looksMax: number,
): number | undefined => {
  const { heap } = progress;
  const seen: number[] = [];
  let taken: number | undefined;
  while (seen.length < looksMax) {
    const task = popOpen(progress);
    if (task === undefined) break;
    const choice = choose(task);
    if (choice === 'take') {
      taken = task;
      break;
    }
    seen.push(task);
    if (choice === 'stop') break;
  }
  for (const task of seen) pushReady(heap, task);
  if (taken !== undefined) setStatus(progress, taken, 'taken');
  return taken;
};

/** The first ready task, which stays ready; undefined when there is none. */
export const peekReady = (progress: Progress): number | undefined => {
  const task = popOpen(progress);
  if (task !== undefined) pushReady(progress.heap, task);
  return task;
};

/** Takes this task, unless it is taken or has its end: true when it was free. */
export const takeTask = (progress: Progress, task: number): boolean => {
  if (progress.status[task] === 'taken' || hasFact(progress, task)) return false;
  changeStatus(progress, task, 'taken');
  return true;
};

/**
 * A taken task goes back: ready at once, or at `untilMs`; or it waits or is blocked, as what it needs stands. One that has
 * its end stays as it is.
 */
export const putBack = (progress: Progress, task: number, untilMs: number | undefined): void => {
  if (hasFact(progress, task)) return;
  assert(progress.status[task] === 'taken', `task ${task} is put back but nobody has it`);
  const status = findOpenStatus(progress, task);
  if (status !== 'ready' || untilMs === undefined) {
    changeStatus(progress, task, status);
    return;
  }
  changeStatus(progress, task, 'paused');
  progress.paused.push({ task, untilMs });
};

/** Makes ready what has paused long enough. */
export const releasePaused = (progress: Progress, nowMs: number): void => {
  const due = progress.paused.filter(({ untilMs }) => untilMs <= nowMs);
  for (const { task } of due) setStatus(progress, task, 'ready');
};

/** How many tasks may still have to be started. */
export const countStartable = ({ counts }: Progress): number => counts.waiting + counts.ready + counts.paused;

/** True when no task can start or end any more. */
export const isOver = (progress: Progress): boolean =>
  countStartable(progress) === 0 && progress.counts.taken === 0;

/** Tasks that are not over, longest remaining path first. */
export function* listByRank(progress: Progress): Generator<number> {
  const { byRank } = progress.table;
  while (progress.firstByRank < byRank.length && isEnded(progress, itemAt(byRank, progress.firstByRank))) {
    progress.firstByRank++;
  }
  for (let place = progress.firstByRank; place < byRank.length; place++) {
    const task = itemAt(byRank, place);
    if (!isEnded(progress, task)) yield task;
  }
}

/** Gives those of the table's tasks a status that have none yet. */
const openTasks = (progress: Progress): void => {
  const { status, counts, missing, table } = progress;
  for (let task = status.length; task < table.tasks.length; task++) {
    status.push('waiting');
    counts.waiting++;
    progress.workLeftMs += itemAt(table.estimateMs, task);
    if (itemAt(missing, task) === 0) setStatus(progress, task, 'ready');
  }
};

const growNumbers = (numbers: Int32Array, count: number): Int32Array => {
  const grown = new Int32Array(count);
  grown.set(numbers);
  return grown;
};

const popOpen = ({ table, heap, status }: Progress): number | undefined =>
  popReady(table, heap, (task) => status[task] === 'ready');

/** Where a task stands that has no fact, that nobody has, and that need not pause. */
const findOpenStatus = ({ missing, hindered }: Progress, task: number): 'waiting' | 'ready' | 'blocked' =>
  itemAt(hindered, task) > 0 ? 'blocked' : itemAt(missing, task) > 0 ? 'waiting' : 'ready';

/** Gives a task another status, and those that need it, directly or not, what follows from it. */
const changeStatus = (progress: Progress, task: number, status: TaskStatus): void => {
  const turn = countHindrance(status) - countHindrance(itemAt(progress.status, task));
  const builds = status === 'built' ? 1 : 0;
  setStatus(progress, task, status);
  if (turn === 0 && builds === 0) return;
  /** Those that hinder their dependents from now on, or that do so no more: all of them as the first one does. */
  const turned: number[] = [];
  tellDependents(progress, { task, builds, turn }, turned);
  for (let next = turned.pop(); next !== undefined; next = turned.pop()) {
    tellDependents(progress, { task: next, builds: 0, turn }, turned);
  }
};

/** What a task's change means to those that need it: `builds` fewer needs to wait for, `turn` more that hinder. */
interface Change {
  readonly task: number;
  readonly builds: 0 | 1;
  readonly turn: number;
}

/** Counts a change at each dependent, and lists those that thereby are blocked, or no longer. */
const tellDependents = (progress: Progress, { task, builds, turn }: Change, turned: number[]): void => {
  const { missing, hindered, status } = progress;
  const { start, target } = progress.table.dependents;
  const end = itemAt(start, task + 1);
  for (let edge = itemAt(start, task); edge < end; edge++) {
    const dependent = itemAt(target, edge);
    const missingNow = itemAt(missing, dependent) - builds;
    missing[dependent] = missingNow;
    if (turn !== 0) hindered[dependent] = itemAt(hindered, dependent) + turn;
    else if (missingNow > 0) continue;
    const before = itemAt(status, dependent);
    // Who has a fact or is taken stays so, and what is ready or paused lacks nothing: a built need is never unbuilt.
    if (before !== 'waiting' && before !== 'blocked') continue;
    const after = findOpenStatus(progress, dependent);
    if (after === before) continue;
    setStatus(progress, dependent, after);
    if (countHindrance(after) !== countHindrance(before)) turned.push(dependent);
  }
};

/** 1 when a task of that status keeps those that need it from ever starting. */
const countHindrance = (status: TaskStatus): 0 | 1 => (status === 'failed' || status === 'blocked' ? 1 : 0);

const hasFact = ({ status }: Progress, task: number): boolean =>
  status[task] === 'built' || status[task] === 'failed';

const isEnded = (progress: Progress, task: number): boolean =>
  hasFact(progress, task) || progress.status[task] === 'blocked';

const setStatus = (progress: Progress, task: number, status: TaskStatus): void => {
  const { counts, paused, table } = progress;
  const before = itemAt(progress.status, task);
  const wasEnded = isEnded(progress, task);
  counts[before]--;
  counts[status]++;
  progress.status[task] = status;
  if (before === 'paused') {
    const place = paused.findIndex((pause) => pause.task === task);
    if (place >= 0) paused.splice(place, 1);
  }
  if (status === 'ready') pushReady(progress.heap, task);
  const isEndedNow = isEnded(progress, task);
  if (isEndedNow === wasEnded) return;
  const estimateMs = itemAt(table.estimateMs, task);
  progress.workLeftMs += isEndedNow ? -estimateMs : estimateMs;
  if (!isEndedNow) progress.firstByRank = 0;
};

import { itemAt } from '../assert.ts';
import type { TaskTable } from './table.ts';
import { isBefore } from './table.ts';

/**
 * Tasks that could start when they were added: a binary heap in the order of `isBefore`, the next one first. Each task is
 * in it once at most. What has become of a task since is asked when it is met, so nothing is ever searched for; and what
 * was added is put in its place only when somebody wants the first one, so that thousands that come and go cost nothing.
 */
export interface ReadyHeap {
  readonly tasks: number[];
  /** Added since somebody wanted the first one. */
  readonly fresh: number[];
  /** By task: 1 for those in the heap. */
  held: Uint8Array;
}

/** An empty heap for so many tasks. */
export const createHeap = (count: number): ReadyHeap => ({
  tasks: [],
  fresh: [],
  held: new Uint8Array(count),
});

/** Makes room for more tasks, so many in all. */
export const growHeap = (heap: ReadyHeap, count: number): void => {
  const held = new Uint8Array(count);
  held.set(heap.held);
  heap.held = held;
};

/** Adds a task; one that is there already stays where it is. */
export const pushReady = ({ fresh, held }: ReadyHeap, task: number): void => {
  if (held[task] === 1) return;
  held[task] = 1;
  fresh.push(task);
};

/** Takes the first task out for which `isOpen` holds; undefined when there is none. Those before it are dropped. */
export const popReady = (
  table: TaskTable,
  heap: ReadyHeap,
  isOpen: (task: number) => boolean,
): number | undefined => {
  const { tasks, fresh, held } = heap;
  for (const task of fresh) {
    if (isOpen(task)) rise(table, tasks, task);
    else held[task] = 0;
  }
  fresh.length = 0;
  for (let top = takeTop(table, tasks); top !== undefined; top = takeTop(table, tasks)) {
    held[top] = 0;
    if (isOpen(top)) return top;
  }
  return undefined;
};

const takeTop = (table: TaskTable, tasks: number[]): number | undefined => {
  const top = tasks[0];
  const last = tasks.pop();
  if (last !== undefined && tasks.length > 0) sink(table, tasks, last);
  return top;
};

/** Adds a task at the end, and moves it from there to where it belongs. */
const rise = (table: TaskTable, tasks: number[], task: number): void => {
  let place = tasks.push(task) - 1;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    if (!isBefore(table, task, itemAt(tasks, parent))) break;
    tasks[place] = itemAt(tasks, parent);
    place = parent;
  }
  tasks[place] = task;
};

/** Puts a task in the place of the first one, and from there to where it belongs. */
const sink = (table: TaskTable, tasks: number[], task: number): void => {
  let place = 0;
  for (;;) {
    const left = place * 2 + 1;
    if (left >= tasks.length) break;
    const right = left + 1;
    const child =
      right < tasks.length && isBefore(table, itemAt(tasks, right), itemAt(tasks, left)) ? right : left;
    if (isBefore(table, task, itemAt(tasks, child))) break;
    tasks[place] = itemAt(tasks, child);
    place = child;
  }
  tasks[place] = task;
};

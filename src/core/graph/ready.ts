import { itemAt } from '../assert.ts';
import type { TaskTable } from './table.ts';
import { isBefore } from './table.ts';

/**
 * Tasks that could start when they were added: a binary heap in the order of `isBefore`, the next one first. Each task is
 * in it once at most. What has become of a task since is for the reader to find out: nothing is searched for.
 */
export interface ReadyHeap {
  readonly tasks: number[];
  /** By task: 1 for those in the heap. */
  held: Uint8Array;
}

/** An empty heap for so many tasks. */
export const createHeap = (count: number): ReadyHeap => ({ tasks: [], held: new Uint8Array(count) });

/** Makes room for more tasks, so many in all. */
export const growHeap = (heap: ReadyHeap, count: number): void => {
  const held = new Uint8Array(count);
  held.set(heap.held);
  heap.held = held;
};

/** Adds a task; one that is there already stays where it is. */
export const pushReady = (table: TaskTable, heap: ReadyHeap, task: number): void => {
  if (heap.held[task] === 1) return;
  heap.held[task] = 1;
  const { tasks } = heap;
  tasks.push(task);
  let place = tasks.length - 1;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    if (!isBefore(table, task, itemAt(tasks, parent))) break;
    tasks[place] = itemAt(tasks, parent);
    place = parent;
  }
  tasks[place] = task;
};

/** Takes the first task out; undefined when there is none. */
export const popReady = (table: TaskTable, heap: ReadyHeap): number | undefined => {
  const { tasks } = heap;
  const top = tasks[0];
  const last = tasks.pop();
  if (top === undefined || last === undefined) return undefined;
  heap.held[top] = 0;
  if (tasks.length > 0) sink(table, tasks, last);
  return top;
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

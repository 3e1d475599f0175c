import { itemAt } from '../assert.ts';
import type { TaskTable } from './table.ts';
import { isBefore } from './table.ts';

/** Tasks that can start now: a binary heap in the order of `isBefore`, the next one first. */
export type ReadyHeap = number[];

/** Adds a task that is not in the heap. */
export const pushReady = (table: TaskTable, heap: ReadyHeap, task: number): void => {
  heap.push(task);
  let place = heap.length - 1;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    if (!isBefore(table, task, itemAt(heap, parent))) break;
    heap[place] = itemAt(heap, parent);
    place = parent;
  }
  heap[place] = task;
};

/** Takes the next task out; undefined when nothing is ready. */
export const popReady = (table: TaskTable, heap: ReadyHeap): number | undefined => {
  const top = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return top;
  let place = 0;
  for (;;) {
    const left = place * 2 + 1;
    if (left >= heap.length) break;
    const right = left + 1;
    const child =
      right < heap.length && isBefore(table, itemAt(heap, right), itemAt(heap, left)) ? right : left;
    if (isBefore(table, last, itemAt(heap, child))) break;
    heap[place] = itemAt(heap, child);
    place = child;
  }
  heap[place] = last;
  return top;
};

import { itemAt } from '../../src/core/assert.ts';

/** A binary heap of tasks, the first by `isBefore` on top. */
export class TaskHeap {
  readonly #isBefore: (a: number, b: number) => boolean;
  readonly #items: number[] = [];

  constructor(isBefore: (a: number, b: number) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#items.length;
  }

  get top(): number | undefined {
    return this.#items[0];
  }

  push(task: number): void {
    const items = this.#items;
    let place = items.push(task) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isBefore(task, itemAt(items, parent))) break;
      items[place] = itemAt(items, parent);
      place = parent;
    }
    items[place] = task;
  }

  pop(): number | undefined {
    const items = this.#items;
    const [top] = items;
    const last = items.pop();
    if (last === undefined || items.length === 0) return top;
    let place = 0;
    for (let child = 1; child < items.length; child = 2 * place + 1) {
      const right = child + 1;
      if (right < items.length && this.#isBefore(itemAt(items, right), itemAt(items, child))) child = right;
      if (!this.#isBefore(itemAt(items, child), last)) break;
      items[place] = itemAt(items, child);
      place = child;
    }
    items[place] = last;
    return top;
  }

  /** Takes everything out, the first first. */
  drain(): readonly number[] {
    const all: number[] = [];
    for (let task = this.pop(); task !== undefined; task = this.pop()) all.push(task);
    return all;
  }
}

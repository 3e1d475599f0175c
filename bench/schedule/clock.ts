import { itemAt } from '../../src/core/assert.ts';

/** Things to be done at moments of virtual time: the earliest first, those of one moment in the order they came. */
export class Clock {
  #nowMs = 0;
  #count = 0;
  readonly #heap: { readonly atMs: number; readonly order: number; readonly act: () => void }[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** When the next thing is due; Infinity when there is none. */
  get nextMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  at(atMs: number, act: () => void): void {
    const heap = this.#heap;
    const item = { atMs: Math.max(atMs, this.#nowMs), order: this.#count++, act };
    let place = heap.push(item) - 1;
    while (place > 0) {
      const parent = itemAt(heap, (place - 1) >> 1);
      if (!isSooner(item, parent)) break;
      heap[place] = parent;
      place = (place - 1) >> 1;
    }
    heap[place] = item;
  }

  after(delayMs: number, act: () => void): void {
    this.at(this.#nowMs + delayMs, act);
  }

  /** Lets time pass up to a moment, which no thing is due before. */
  passTo(atMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, atMs);
  }

  /** Does what is due next. */
  step(): void {
    const heap = this.#heap;
    const [top] = heap;
    const last = heap.pop();
    if (top === undefined || last === undefined) return;
    if (heap.length > 0) {
      let place = 0;
      for (let child = 1; child < heap.length; child = 2 * place + 1) {
        const right = heap[child + 1];
        if (right !== undefined && isSooner(right, itemAt(heap, child))) child += 1;
        if (!isSooner(itemAt(heap, child), last)) break;
        heap[place] = itemAt(heap, child);
        place = child;
      }
      heap[place] = last;
    }
    this.passTo(top.atMs);
    top.act();
  }
}

interface Due {
  readonly atMs: number;
  readonly order: number;
}

const isSooner = (a: Due, b: Due): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/**
 * Works through a list that grows while it is worked through, in batches: what `work` returns is added at the end. At
 * most `limit` batches at the same time, each as long as `size` says when it begins, at least one. Rejects with the first
 * error, after what was running has ended; nothing is started after it. Nor is after `goesOn` has said no: then it resolves with what
 * nobody worked on, when what was running has ended.
 */
export function drainGrowing<Item>(
  first: Iterable<Item>,
  limit: number,
  size: (left: number) => number,
  work: (batch: readonly Item[]) => Promise<Iterable<Item>>,
  goesOn: (left: number) => boolean = () => true,
): Promise<readonly Item[]> {
  const queue = [...first];
  let next = 0;
  let running = 0;
  let failure: { readonly error: unknown } | undefined;
  let isOver = false;
  const { promise, resolve, reject } = Promise.withResolvers<readonly Item[]>();

  const startMore = (): void => {
    while (running < Math.max(1, limit) && next < queue.length && failure === undefined) {
      isOver ||= !goesOn(queue.length - next);
      if (isOver) break;
      const batch = queue.slice(next, next + Math.max(1, size(queue.length - next)));
      next += batch.length;
      void runOne(batch);
    }
    if (running > 0) return;
    if (failure === undefined) resolve(queue.slice(next));
    else reject(failure.error);
  };
  const runOne = async (batch: readonly Item[]): Promise<void> => {
    running += 1;
    try {
      for (const found of await work(batch)) queue.push(found);
    } catch (error) {
      failure ??= { error };
    } finally {
      running -= 1;
    }
    startMore();
  };

  startMore();
  return promise;
}

const BATCH_MAX = 64;
const BATCH_FIRST = 4;
/** Long enough that entering the sandbox costs little, short enough that a crash loses little. */
const BATCH_MS = 5000;

/** Chooses how many makes run in one command of the sandbox, by how long those before took. */
export class BatchSizer {
  readonly #limit: number;
  #msEach: number | undefined;

  /** `limit`: batches at the same time. */
  constructor(limit: number) {
    this.#limit = Math.max(1, limit);
  }

  /** How long one took of late; undefined until some have. */
  get msEach(): number | undefined {
    return this.#msEach;
  }

  /** Of `left` items, as many as leave something for the other batches, so that all end together. */
  size(left: number): number {
    const wanted = this.#msEach === undefined ? BATCH_FIRST : Math.round(BATCH_MS / this.#msEach);
    return Math.max(1, Math.min(wanted, BATCH_MAX, Math.ceil(left / this.#limit / 2)));
  }

  /** How long so many will take, by those before, milliseconds; 0 while nothing is known. */
  timeOf(left: number): number {
    return (left * (this.#msEach ?? 0)) / this.#limit;
  }

  took(count: number, ms: number): void {
    const each = Math.max(0.1, ms / Math.max(1, count));
    this.#msEach = this.#msEach === undefined ? each : 0.7 * this.#msEach + 0.3 * each;
  }
}

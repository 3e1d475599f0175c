/** What is to happen at which moment of the world's clock; at the same moment in the order in which it was noted down. */
export interface Agenda {
  /** Milliseconds. */
  nowMs: number;
  /** How many things are noted down. */
  countJobs(): number;
  /** Notes down a job for a moment, or for now if that is over. */
  note(atMs: number, job: Job): void;
  /** Does the next one, at its moment; false when there is none. */
  doNext(): boolean;
}

export type Job = () => void;

/**
 * Moments are whole sixty-fourths of a millisecond: such numbers are added and subtracted without rounding, so that an
 * agent whose clock is ahead of the world's is woken exactly when it wanted to be.
 */
export const roundMs = (ms: number): number => Math.ceil(ms * 64) / 64;

/** A binary heap in three arrays side by side: nothing is allocated for a job but the job. */
export const createAgenda = (): Agenda => {
  const times: number[] = [];
  const orders: number[] = [];
  const jobs: Job[] = [];
  let lastOrder = 0;

  const isBefore = (atMs: number, order: number, other: number): boolean => {
    const otherMs = times[other] ?? 0;
    return atMs < otherMs || (atMs === otherMs && order < (orders[other] ?? 0));
  };

  const put = (index: number, atMs: number, order: number, job: Job): void => {
    times[index] = atMs;
    orders[index] = order;
    jobs[index] = job;
  };

  const move = (from: number, to: number): void => {
    times[to] = times[from] ?? 0;
    orders[to] = orders[from] ?? 0;
    jobs[to] = jobs[from] ?? doNothing;
  };

  const siftDown = (atMs: number, order: number, job: Job): void => {
    const { length } = times;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= length) break;
      const right = child + 1;
      if (right < length && isBefore(times[right] ?? 0, orders[right] ?? 0, child)) child = right;
      if (isBefore(atMs, order, child)) break;
      move(child, hole);
      hole = child;
    }
    put(hole, atMs, order, job);
  };

  const self: Agenda = {
    nowMs: 0,
    countJobs: () => jobs.length,
    note: (atMs, job) => {
      const at = Math.max(self.nowMs, roundMs(atMs));
      lastOrder += 1;
      let hole = times.length;
      while (hole > 0) {
        const parent = (hole - 1) >> 1;
        if (!isBefore(at, lastOrder, parent)) break;
        move(parent, hole);
        hole = parent;
      }
      put(hole, at, lastOrder, job);
    },
    doNext: () => {
      const [atMs] = times;
      const [job] = jobs;
      if (atMs === undefined || job === undefined) return false;
      const lastMs = times.pop() ?? 0;
      const order = orders.pop() ?? 0;
      const last = jobs.pop() ?? doNothing;
      if (jobs.length > 0) siftDown(lastMs, order, last);
      self.nowMs = atMs;
      job();
      return true;
    },
  };
  return self;
};

const doNothing = (): void => {};

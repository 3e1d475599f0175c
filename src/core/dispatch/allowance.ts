/**
 * How much of its host an agent may use now. Several agents on one host, each with builds of its own, share it: the
 * shell says each time what this one's part is. Runs that are under way go on when a part becomes smaller; what
 * starts next waits until there is room again.
 */
export interface Allowance {
  /** Runs at a time, at least 1: every agent goes on, however many there are. */
  readonly slots: number;
  /** Cores that all runs together may use, at least 1. */
  readonly cores: number;
}

/** How many more runs may start; never below 0. */
export const countFree = (slots: number, running: number): number => Math.max(0, slots - running);

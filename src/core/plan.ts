import type { BuildId, TaskName } from './ids.ts';

/** One unit of work. The core knows its name, what it needs and what it may cost, and nothing else. */
export interface Task {
  readonly name: TaskName;
  /** Tasks of the same plan that must be built before this one starts. */
  readonly needs: readonly TaskName[];
  /** Expected wall time on a host of speed 1, in milliseconds; at least 1. */
  readonly estimateMs: number;
  /** False when the work must run with one job whatever the budget (MAKE_JOBS_SAFE=no). */
  readonly jobsSafe: boolean;
  /** The user's wish to have it earlier (PBULK_WEIGHT, 100 = none). */
  readonly weight: number;
}

/** An immutable set of tasks. Its id is the hash of `canonicalPlan(plan)`. */
export interface Plan {
  readonly build: BuildId;
  /** In any order; canonical form sorts by name. */
  readonly tasks: readonly Task[];
}

import type { Limits } from '../limits.ts';
import type { Task } from '../plan.ts';

type Shape = Pick<Limits, 'usualJobs' | 'serialShare'>;

/** How long a task takes with so many jobs, by the time that it takes with the usual ones. */
export const stretchBy = ({ usualJobs, serialShare }: Shape, jobs: number): number =>
  serialShare + ((1 - serialShare) * usualJobs) / jobs;

/** How long a run is expected to take on a host of speed 1 that is busy, milliseconds. */
export const expectTime = (limits: Limits, { estimateMs, jobsSafe }: Task, jobs: number): number =>
  // Other runs want the same cores.
  jobsSafe ? estimateMs * stretchBy(limits, Math.max(1, jobs / limits.jobsPerCore)) : estimateMs;

/**
 * How many cores a task needs so that a plan that could be over in `remainingMs` need not wait for it: with them the longest
 * path through it, of `pathMs` with the usual jobs, takes just as long. At most `cores`; very few where there is much time.
 */
export const findNeed = (
  { usualJobs, serialShare }: Shape,
  {
    pathMs,
    remainingMs,
    cores,
  }: { readonly pathMs: number; readonly remainingMs: number; readonly cores: number },
): number => {
  const sharedMs = (1 - serialShare) * usualJobs;
  if (sharedMs === 0) return 1;
  const left = remainingMs / pathMs - serialShare;
  return left <= sharedMs / cores ? cores : Math.max(LEAST_NEED, sharedMs / left);
};

/** Without it any number of tasks that nobody waits for would go beside one that the plan waits for. */
const LEAST_NEED = 0.5;

/** What the choice of MAKE_JOBS hangs on, at the moment when a task starts. */
export interface JobsQuestion {
  /** Cores that the builds of this host may use together. */
  readonly cores: number;
  readonly slots: number;
  /** The runs that are under way: MAKE_JOBS, and the cores that each one needs. */
  readonly running: readonly { readonly jobs: number; readonly need: number }[];
  /** Tasks that could start here now besides this one. */
  readonly ready: number;
  readonly jobsSafe: boolean;
  /** Cores that this one needs. */
  readonly need: number;
}

/**
 * MAKE_JOBS for a task. Make cannot change it later, and cores that are wanted by more jobs than there are go to runs by their
 * jobs: so it is a share of the host as well as a number of processes. All runs share twice the cores, for they use half of their
 * jobs. What holds up the plan gets what others leave of them, and what runs beside it gets few. From 1 to `cores`.
 */
export const chooseJobs = (
  { jobsPerCore, criticalCores, besideJobs }: Limits,
  { cores, slots, running, ready, jobsSafe, need }: JobsQuestion,
): number => {
  if (!jobsSafe) return 1;
  const sharers = Math.max(1, Math.min(slots, running.length + ready + 1));
  const least = Math.ceil(need * NEED_MARGIN);
  const share = Math.max(1, least, Math.floor((jobsPerCore * cores) / sharers));
  if (need > criticalCores) {
    const free = jobsPerCore * cores - running.reduce((sum, { jobs }) => sum + jobs, 0);
    return Math.min(cores, Math.max(share, free));
  }
  const isBeside = running.some((run) => run.need > criticalCores);
  return Math.min(cores, isBeside ? Math.min(share, Math.max(besideJobs, least)) : share);
};

/** Some of the jobs of a run wait for others' cores. */
const NEED_MARGIN = 1.5;

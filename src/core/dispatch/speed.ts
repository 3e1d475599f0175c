import type { HostId } from '../ids.ts';
import { findPeer } from '../membership/peers.ts';
import type { Task } from '../plan.ts';
import type { Run } from '../slot/slot.ts';
import type { AgentState } from '../state.ts';
import { lifeOf, listRuns } from '../state.ts';
import { stretchBy } from './jobs.ts';

/** What this agent has learnt of its own host. */
export interface SpeedBook {
  /** Of the tasks built here: how long they were expected to take beside what ran beside them, and how long they took. */
  expectedMs: number;
  actualMs: number;
  /** Time so far, each moment by how much more cores were wanted than there are. */
  crowdedMs: number;
  bookedAtMs: number;
}

export const createSpeedBook = (): SpeedBook => ({ expectedMs: 0, actualMs: 0, crowdedMs: 0, bookedAtMs: 0 });

/** Accounts for the time up to now, in which what runs has not changed. */
export const bookCrowding = (state: AgentState, nowMs: number): void => {
  const { book, limits, allowance } = state;
  const passedMs = nowMs - book.bookedAtMs;
  book.bookedAtMs = nowMs;
  if (passedMs <= 0) return;
  const all = stretchBy(limits, 1);
  const wanted = listRuns(state).reduce((sum, { jobs }) => sum + all / stretchBy(limits, jobs), 0);
  book.crowdedMs += passedMs * Math.max(1, wanted / allowance.cores);
};

/** Notes how long a run took that has built its task. */
export const noteSpeed = (
  state: AgentState,
  { estimateMs, jobsSafe }: Task,
  run: Run,
  wallMs: number,
): void => {
  if (wallMs <= 0) return;
  const { book, limits } = state;
  const aloneMs = jobsSafe ? estimateMs * stretchBy(limits, run.jobs) : estimateMs;
  book.expectedMs += (aloneMs * (book.crowdedMs - run.crowdedFromMs)) / wallMs;
  book.actualMs += wallMs;
};

/**
 * How fast a host is, as it says itself: 2 means that tasks take half of what was expected. What it cannot help, that others
 * want the same cores, is taken off. 1 until it has shown something else beyond doubt: a host that is thought to be faster than
 * it is makes tasks wait for it.
 */
export const speedOf = (state: AgentState, host: HostId): number => {
  if (!state.rules.measureSpeed) return 1;
  if (host !== lifeOf(state).host) return findPeer(state, host)?.load?.speed ?? 1;
  const { book, limits } = state;
  const { speedMin, speedMax, speedInertiaMs } = limits.mesh;
  const speed = (book.expectedMs + speedInertiaMs) / (book.actualMs + speedInertiaMs);
  if (Math.abs(Math.log(speed)) < limits.mesh.speedDoubt) return 1;
  return Math.min(speedMax, Math.max(speedMin, speed));
};

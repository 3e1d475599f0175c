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

/** What a host has shown of itself: how many times faster its builds were than expected, by how much building. */
interface Shown {
  readonly speed: number;
  /** Wall time of the builds behind it, milliseconds; 0: it has built nothing yet. */
  readonly measuredMs: number;
}

/** What this host tells others of its speed. What it cannot help, that others want the same cores, is taken off. */
export const showSpeed = ({ book }: Pick<AgentState, 'book'>): Shown => ({
  speed: book.actualMs === 0 ? 1 : book.expectedMs / book.actualMs,
  measuredMs: Math.round(book.actualMs),
});

/**
 * How fast hosts of this mesh are by and large. Mostly that says how far off the estimates are, which is the same for all of them: a
 * host that has built nothing yet is taken to be like the others, or nothing would ever be given to it.
 */
export const findCommonSpeed = (state: AgentState): number => {
  const { speedInertiaMs } = state.limits.mesh;
  const mine = showSpeed(state);
  let sum = speedInertiaMs + mine.speed * mine.measuredMs;
  let weightMs = speedInertiaMs + mine.measuredMs;
  // Asked at each step: nothing is made for it.
  for (const { load } of state.membership.peers.values()) {
    const { speed = 1, measuredMs = 0 } = load ?? {};
    sum += speed * measuredMs;
    weightMs += measuredMs;
  }
  return clamp(state, sum / weightMs);
};

/**
 * How fast a host is: 2 means that tasks take half of what was expected. As fast as the others until it has shown something else
 * beyond doubt: a host that is thought to be faster than it is makes tasks wait for it.
 */
export const speedOf = (state: AgentState, host: HostId, common = findCommonSpeed(state)): number => {
  if (!state.rules.measureSpeed) return 1;
  const shown = findShown(state, host);
  const { speedInertiaMs, speedDoubt } = state.limits.mesh;
  const { speed, measuredMs } = shown;
  const judged = (speed * measuredMs + common * speedInertiaMs) / (measuredMs + speedInertiaMs);
  return Math.abs(Math.log(judged / common)) < speedDoubt ? common : clamp(state, judged);
};

const findShown = (state: AgentState, host: HostId): Shown => {
  if (host === lifeOf(state).host) return showSpeed(state);
  const load = findPeer(state, host)?.load;
  return { speed: load?.speed ?? 1, measuredMs: load?.measuredMs ?? 0 };
};

const clamp = ({ limits: { mesh } }: AgentState, speed: number): number =>
  Math.min(mesh.speedMax, Math.max(mesh.speedMin, speed));

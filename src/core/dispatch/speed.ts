import type { HostId } from '../ids.ts';
import type { AgentState } from '../state.ts';

/** Of the tasks that each host has built: how long they were expected to take, and how long they took. */
export type SpeedBook = Map<HostId, { expectedMs: number; actualMs: number }>;

/** Notes how long a host took for a task. */
export const noteSpeed = (
  { speeds }: AgentState,
  host: HostId,
  expectedMs: number,
  actualMs: number,
): void => {
  const book = speeds.get(host) ?? { expectedMs: 0, actualMs: 0 };
  book.expectedMs += expectedMs;
  book.actualMs += actualMs;
  speeds.set(host, book);
};

/** How fast a host is: 2 means that tasks take half of what was expected. 1 until it has shown something. */
export const speedOf = ({ speeds, limits, rules }: AgentState, host: HostId): number => {
  const book = speeds.get(host);
  if (book === undefined || !rules.measureSpeed) return 1;
  const { speedMin, speedMax, speedInertiaMs } = limits.mesh;
  const speed = (book.expectedMs + speedInertiaMs) / (book.actualMs + speedInertiaMs);
  return Math.min(speedMax, Math.max(speedMin, speed));
};

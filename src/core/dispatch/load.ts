import { itemAt } from '../assert.ts';
import type { Load } from '../message.ts';
import { countOpen } from '../queue/able.ts';
import type { AgentState, Step } from '../state.ts';
import { lifeOf, listRuns } from '../state.ts';
import { listGivable } from '../steal/givable.ts';
import { findFreeDisk, findFreeMemory } from './ledger.ts';
import { openLedger } from './room.ts';
import { showSpeed, speedOf } from './speed.ts';

/** How busy this agent is, as it tells others. */
export const measureLoad = (step: Step): Load => {
  const { state, now } = step;
  const runs = listRuns(state);
  const ledger = openLedger(step);
  const taken = runs.reduce((sum, { jobs }) => sum + jobs, 0);
  return {
    usable: countOpen(state),
    running: runs.length,
    queued: state.queue.length,
    givable: listGivable(step).length,
    waitMs: Math.round(findWaitMs(state, now.now)),
    coresFree: Math.max(0, state.allowance.cores - taken),
    memoryFreeBytes: ledger.resources && Math.max(0, findFreeMemory(ledger.resources, ledger.bookings)),
    diskFreeBytes: ledger.resources && Math.max(0, findFreeDisk(ledger, ledger.resources, state.limits)),
    ...showSpeed(state),
    ...(state.isDrained ? { isDrained: true } : {}),
  };
};

/** When a task that came now would start, by estimates, milliseconds: 0 when a slot is free for it. */
export const findWaitMs = (state: AgentState, nowMs: number): number => {
  const usable = Math.max(1, countOpen(state));
  const speed = speedOf(state, lifeOf(state).host);
  const ends = listRuns(state).map(({ endAtMs }) => Math.max(0, endAtMs - nowMs));
  const free = Array.from({ length: Math.max(0, usable - ends.length) }, () => 0);
  const slots = [...ends, ...free].sort((a, b) => a - b).slice(0, Math.max(usable, 1));
  for (const { plan, task } of state.queue) {
    const estimateMs = itemAt(plan.progress.table.tasks, task).estimateMs / speed;
    slots[0] = (slots[0] ?? 0) + estimateMs;
    slots.sort((a, b) => a - b);
  }
  return slots[0] ?? 0;
};

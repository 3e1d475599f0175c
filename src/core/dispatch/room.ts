import { assert, itemAt } from '../assert.ts';
import type { Task } from '../plan.ts';
import type { Run } from '../slot/slot.ts';
import type { AgentState, Step } from '../state.ts';
import { findPlan, listRuns } from '../state.ts';
import type { Booking, Ledger } from './ledger.ts';

/** What the host has, and what its runs are expected to take of it. */
export const openLedger = ({ state, now }: Step): Ledger => ({
  resources: state.resources,
  workMemoryBytes: state.workMemoryBytes,
  bookings: listRuns(state).map(
    (run): Booking => ({
      reservation: run.reservation,
      elapsedMs: now.now - run.startedAtMs,
      estimateMs: taskOfRun(state, run).estimateMs,
    }),
  ),
});

const taskOfRun = (state: AgentState, run: Run): Task => {
  const plan = findPlan(state, run.planId);
  assert(plan !== undefined, `a task of the unknown plan ${run.planId} runs`);
  return itemAt(plan.progress.table.tasks, run.task);
};

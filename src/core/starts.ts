import { assert, itemAt } from './assert.ts';
import { admitStart, canStart } from './dispatch/admission.ts';
import { chooseJobs } from './dispatch/jobs.ts';
import type { Booking, Ledger } from './dispatch/ledger.ts';
import { chooseWork, measureDisk, reserveFor } from './dispatch/ledger.ts';
import { listByRank } from './graph/progress.ts';
import { makeToken } from './ids.ts';
import type { Task } from './plan.ts';
import { searchTask } from './search.ts';
import { listSlots } from './slot/pool.ts';
import type { Run, Slot } from './slot/slot.ts';
import { becomeRunning } from './slot/slot.ts';
import type { AgentState, PlanState, Step } from './state.ts';
import { countStarts, countUsable, findPlan, listActivePlans, listRuns } from './state.ts';
import { noteWait } from './waits.ts';

/**
 * Gives every ready slot a task, as long as there are both, the host may start any, the agent has room in its part of
 * it, and what the task takes fits beside what runs.
 */
export const startRuns = (step: Step): void => {
  const { state } = step;
  state.wait = undefined;
  for (const slot of listSlots(state.pool, 'ready')) {
    if (!canStart(state.admission) || countStarts(state) === 0) break;
    const found = searchTask(step, openLedger(step));
    if (found.kind === 'wait') state.wait = found.wait;
    if (found.kind !== 'found') break;
    startRun(step, slot, found);
  }
  noteWait(step);
};

/** What the host has, and what its runs are expected to take of it. */
const openLedger = ({ state, now }: Step): Ledger => ({
  resources: state.resources,
  workMemoryBytes: state.workMemoryBytes,
  bookings: listRuns(state).map(
    (run): Booking => ({
      reservation: run.reservation,
      elapsedMs: now.now - run.startedAtMs,
      estimateMs: taskOf(state, run).estimateMs,
    }),
  ),
});

const taskOf = (state: AgentState, run: Run): Task => {
  const plan = findPlan(state, run.planId);
  assert(plan !== undefined, `a task of the unknown plan ${run.planId} runs`);
  return itemAt(plan.progress.table.tasks, run.task);
};

const startRun = (
  step: Step,
  slot: Slot,
  { plan, task }: { readonly plan: PlanState; readonly task: number },
): void => {
  const { state, now, effects } = step;
  assert(state.life !== undefined, 'a task was started before the agent had booted');
  state.attempts += 1;
  plan.passedOver.delete(task);
  const details = itemAt(plan.progress.table.tasks, task);
  const record = plan.records.get(task);
  const work =
    record?.onDisk === true
      ? ({ kind: 'disk' } as const)
      : chooseWork(openLedger(step), details, state.limits);
  const run: Run = {
    planId: plan.planId,
    task,
    name: details.name,
    token: makeToken(state.life, state.attempts),
    jobs: limitJobs(shareCores(state, plan, task), record?.aloneJobs),
    startedAtMs: now.now,
    startedAtWallMs: now.wall,
    alone: record?.aloneJobs !== undefined,
    reservation: reserveFor(details, work, state.limits),
    diskLow: measureDisk(state.resources, state.limits) !== 'ample',
    cancelled: undefined,
  };
  becomeRunning(slot, run);
  admitStart(state.admission, now.now);
  const { planId, name, token, jobs } = run;
  effects.push({ kind: 'start', slot: slot.name, planId, task: name, token, jobs, work });
};

const limitJobs = (jobs: number, most: number | undefined): number =>
  most === undefined ? jobs : Math.min(jobs, most);

const shareCores = (state: AgentState, plan: PlanState, task: number): number => {
  const ready = listActivePlans(state).reduce((sum, { progress }) => sum + progress.counts.ready, 0);
  return chooseJobs({
    cores: state.allowance.cores,
    slots: countUsable(state),
    running: listRuns(state).map(({ jobs }) => jobs),
    ready,
    jobsSafe: itemAt(plan.progress.table.tasks, task).jobsSafe,
    critical: isCritical(state, plan, task),
  });
};

/** True when paths, not the number of slots, decide when the plan ends, and this task is on the longest or near. */
const isCritical = (state: AgentState, { progress }: PlanState, task: number): boolean => {
  const { rankMs } = progress.table;
  const [first] = listByRank(progress);
  const longestMs = first === undefined ? 0 : itemAt(rankMs, first);
  if (longestMs <= progress.workLeftMs / countUsable(state)) return false;
  return itemAt(rankMs, task) >= state.limits.criticalShare * longestMs;
};

import { itemAt } from './assert.ts';
import { admitStart, canStart } from './dispatch/admission.ts';
import { countRivals, measureNeed, mintToken } from './dispatch/grant.ts';
import { chooseJobs, expectTime } from './dispatch/jobs.ts';
import { chooseWork, measureDisk, reserveFor } from './dispatch/ledger.ts';
import { setOwner } from './dispatch/owners.ts';
import { listPaces } from './dispatch/places.ts';
import { openLedger } from './dispatch/room.ts';
import { speedOf } from './dispatch/speed.ts';
import { isLeader } from './election/role.ts';
import { tellStarted } from './queue/hold.ts';
import { dequeue, enqueue, type Holding, isSettled } from './queue/queue.ts';
import { searchTask } from './search.ts';
import { listSlots } from './slot/pool.ts';
import type { Run, Slot } from './slot/slot.ts';
import { becomeRunning } from './slot/slot.ts';
import type { AgentState, PlanState, Step } from './state.ts';
import { countStarts, countUsable, lifeOf, listRuns } from './state.ts';
import { noteWait } from './waits.ts';

/**
 * Gives every ready slot a task, as long as there are both, the host may start any, the agent has room in its part of
 * it, and what the task takes fits beside what runs.
 */
export const startRuns = (step: Step): void => {
  const { state } = step;
  state.wait = undefined;
  const slots = [...listSlots(state.pool, 'ready')];
  for (let slot = slots.shift(); slot !== undefined; ) {
    if (!canStart(state.admission) || countStarts(state) === 0) break;
    const found = searchTask(step, openLedger(step));
    if (found.kind === 'none') break;
    if (found.kind === 'wait') {
      state.wait = found.wait;
      break;
    }
    if (found.kind === 'fetch') {
      enqueue(step, claim(step, found.plan, found.task));
      continue;
    }
    if (found.kind === 'queued') dequeue(state, found.holding);
    startRun(step, slot, found.kind === 'queued' ? found.holding : claim(step, found.plan, found.task));
    slot = slots.shift();
  }
  noteWait(step);
};

/** The coordinator takes a task for its own host. */
const claim = (step: Step, plan: PlanState, task: number): Holding => {
  const { state, now } = step;
  const token = mintToken(state);
  const again = plan.ends.has(task);
  setOwner(step, plan, task, { life: lifeOf(state), token, isRunning: false, endAtMs: undefined, again });
  const cores = measureNeed(step, plan)(task);
  plan.owners.cores.set(task, cores);
  return {
    ...{ plan, task, token, again, duplicate: false },
    cores,
    rivals: countRivals(state, listPaces(state, plan).length),
    sinceMs: now.now,
    isStolen: false,
  };
};

const startRun = (step: Step, slot: Slot, holding: Holding): void => {
  const { state, now, effects } = step;
  const { plan, task, token, again, duplicate } = holding;
  plan.passedOver.delete(task);
  const details = itemAt(plan.progress.table.tasks, task);
  const record = plan.records.get(task);
  const work =
    record?.onDisk === true
      ? ({ kind: 'disk' } as const)
      : chooseWork(openLedger(step), details, state.limits);
  const jobs = limitJobs(shareCores(state, holding), record?.aloneJobs);
  const expectedMs = expectTime(state.limits, details, jobs);
  const run: Run = {
    planId: plan.planId,
    task,
    name: details.name,
    token,
    jobs,
    cores: holding.cores,
    startedAtMs: now.now,
    crowdedFromMs: state.book.crowdedMs,
    startedAtWallMs: now.wall,
    alone: record?.aloneJobs !== undefined,
    reservation: reserveFor(details, work, state.limits),
    again,
    duplicate,
    endAtMs: now.now + expectedMs / speedOf(state, lifeOf(state).host),
    diskLow: measureDisk(state.resources, state.limits) !== 'ample',
    cancelled: undefined,
  };
  becomeRunning(slot, run);
  admitStart(state.admission, now.now);
  const { planId, name, endAtMs } = run;
  effects.push({ kind: 'start', slot: slot.name, planId, task: name, token, jobs, work });
  if (isLeader(state) && !duplicate && !isSettled(plan, task, again)) {
    setOwner(step, plan, task, { life: lifeOf(state), token, isRunning: true, endAtMs, again });
  }
  tellStarted(step, run);
};

const limitJobs = (jobs: number, most: number | undefined): number =>
  most === undefined ? jobs : Math.min(jobs, most);

/** MAKE_JOBS by what runs here, what waits here, and what the coordinator said of the plan. */
const shareCores = (state: AgentState, { plan, task, cores, rivals }: Holding): number =>
  chooseJobs(state.limits, {
    cores: state.allowance.cores,
    slots: countUsable(state),
    running: listRuns(state).map((run) => ({ jobs: run.jobs, need: run.cores })),
    ready: Math.max(rivals, state.queue.length),
    jobsSafe: itemAt(plan.progress.table.tasks, task).jobsSafe,
    need: Math.min(cores, state.allowance.cores),
  });

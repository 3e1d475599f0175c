import { assert, itemAt, never } from './assert.ts';
import { admitEnd, admitStart, admitTrouble, canStart, isSuspect } from './dispatch/admission.ts';
import { chooseJobs } from './dispatch/jobs.ts';
import type { Fact, Outcome, StepTime } from './facts/fact.ts';
import { judgeTrouble } from './failure/policy.ts';
import { listByRank, putBack, recordEnd, takeReady } from './graph/progress.ts';
import type { SlotName, Token } from './ids.ts';
import { makeToken } from './ids.ts';
import type { RunResult } from './input.ts';
import { findSlot, listSlots } from './slot/pool.ts';
import type { Run, Slot } from './slot/slot.ts';
import { becomeCleaning, becomeRunning } from './slot/slot.ts';
import type { AgentState, PlanState, Step } from './state.ts';
import { countStarts, countUsable, findPlan, listActivePlans } from './state.ts';

/**
 * Gives every ready slot a task, as long as there are both, the host may start any, and the agent has room in its
 * part of it.
 */
export const startRuns = (step: Step): void => {
  const { state } = step;
  for (const slot of listSlots(state.pool, 'ready')) {
    if (!canStart(state.admission) || countStarts(state) === 0) return;
    const chosen = takeTask(state);
    if (chosen === undefined) return;
    startRun(step, slot, chosen);
  }
};

/** A run has come to its end. An answer of another attempt than the one that the slot runs is noted, no more. */
export const endRun = (step: Step, name: SlotName, token: Token, result: RunResult): void => {
  const { state, effects } = step;
  const slot = findSlot(state.pool, name);
  if (slot?.state.kind !== 'running' || slot.state.run.token !== token) {
    effects.push({ kind: 'note', note: { kind: 'staleResult', slot: name, token } });
    return;
  }
  const { run } = slot.state;
  const plan = findPlan(state, run.planId);
  assert(plan !== undefined, `a task of the unknown plan ${run.planId} ran`);
  switch (result.kind) {
    case 'ended':
      admitEnd(state.admission, run.startedAtMs);
      settleTask(step, { plan, slot, run }, result);
      break;
    case 'trouble':
      if (run.cancelled) putBack(plan.progress, run.task, undefined);
      else meetTrouble(step, { plan, slot, run }, result);
      break;
    default:
      never(result);
  }
  becomeCleaning(slot);
  effects.push({ kind: 'clean', slot: slot.name });
};

/** A run with where it happened. */
interface Attempt {
  readonly plan: PlanState;
  readonly slot: Slot;
  readonly run: Run;
}

/** What a fact says that the core does not know itself. */
interface Ending {
  readonly outcome: Outcome;
  readonly steps: readonly StepTime[];
  readonly cpuMs: number;
  readonly diskBytes: number;
  readonly memoryBytes: number;
}

/** The first plan that has something ready gives it: the others fill what it leaves. */
const takeTask = (state: AgentState): { plan: PlanState; task: number } | undefined => {
  for (const plan of listActivePlans(state)) {
    const task = takeReady(plan.progress);
    if (task !== undefined) return { plan, task };
  }
  return undefined;
};

const startRun = (
  { state, now, effects }: Step,
  slot: Slot,
  { plan, task }: { readonly plan: PlanState; readonly task: number },
): void => {
  assert(state.life !== undefined, 'a task was started before the agent had booted');
  state.attempts += 1;
  const { name } = itemAt(plan.progress.table.tasks, task);
  const run: Run = {
    planId: plan.planId,
    task,
    name,
    token: makeToken(state.life, state.attempts),
    jobs: shareCores(state, plan, task),
    startedAtMs: now.now,
    startedAtWallMs: now.wall,
    cancelled: false,
  };
  becomeRunning(slot, run);
  admitStart(state.admission, now.now);
  const { planId, token, jobs } = run;
  effects.push({ kind: 'start', slot: slot.name, planId, task: name, token, jobs, work: { kind: 'disk' } });
};

const shareCores = (state: AgentState, plan: PlanState, task: number): number => {
  const ready = listActivePlans(state).reduce((sum, { progress }) => sum + progress.counts.ready, 0);
  return chooseJobs({
    cores: state.allowance.cores,
    slots: countUsable(state),
    running: state.pool.slots.flatMap((slot) => (slot.state.kind === 'running' ? [slot.state.run.jobs] : [])),
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

/** The task has its end, for good: a fact, durable before anybody hears of it. */
const settleTask = (step: Step, { plan, slot, run }: Attempt, ending: Ending): void => {
  const { state, now, effects } = step;
  assert(state.life !== undefined, 'a task ended before the agent had booted');
  state.facts += 1;
  const { outcome, steps, cpuMs, diskBytes, memoryBytes } = ending;
  const fact: Fact = {
    planId: plan.planId,
    task: run.name,
    token: run.token,
    origin: state.life,
    seq: state.facts,
    outcome,
    slot: slot.name,
    startedAtMs: run.startedAtWallMs,
    wallMs: Math.round(now.now - run.startedAtMs),
    cpuMs,
    jobs: run.jobs,
    steps,
    diskBytes,
    memoryBytes,
  };
  effects.push({ kind: 'persist', facts: [fact] }, { kind: 'announce', facts: [fact] });
  recordEnd(plan.progress, run.task, outcome.kind);
  plan.spentMs[run.task] = fact.wallMs;
  if (outcome.kind === 'built') {
    plan.pace.actualMs += fact.wallMs;
    plan.pace.expectedMs += itemAt(plan.progress.table.tasks, run.task).estimateMs;
  }
};

const meetTrouble = (
  step: Step,
  attempt: Attempt,
  { trouble, detail }: Extract<RunResult, { readonly kind: 'trouble' }>,
): void => {
  const { state, now, effects } = step;
  const { plan, slot, run } = attempt;
  const { limits, admission } = state;
  const key = `${run.planId} ${run.name}`;
  admitTrouble(admission, { key, trouble, startedAtMs: run.startedAtMs }, now.now, limits);
  const hostSuspect = isSuspect(admission, limits);
  const verdict = judgeTrouble(trouble, plan.troubles.get(run.task), { hostSuspect, limits });
  plan.troubles.set(run.task, verdict.count);
  const note = { kind: 'attemptTroubled', planId: run.planId, task: run.name, slot: slot.name } as const;
  effects.push({ kind: 'note', note: { ...note, trouble, detail, attempt: verdict.count.total } });
  switch (verdict.kind) {
    case 'retry':
      putBack(plan.progress, run.task, findReturn(step, verdict.pauseMs));
      break;
    case 'giveUp': {
      const reason = `no attempt of ${verdict.count.total} came to an end on this host: ${detail}`;
      const outcome: Outcome = { kind: 'failed', class: 'infra', stage: trouble, reason };
      settleTask(step, attempt, { outcome, steps: [], cpuMs: 0, diskBytes: 0, memoryBytes: 0 });
      break;
    }
    default:
      never(verdict);
  }
};

/** When a task is ready again. While the host starts nothing its pause has not begun: others go first after that. */
const findReturn = ({ state, now }: Step, pauseMs: number | undefined): number | undefined => {
  if (pauseMs === undefined) return undefined;
  const { gate } = state.admission;
  return (gate.kind === 'held' ? gate.untilMs : now.now) + pauseMs;
};

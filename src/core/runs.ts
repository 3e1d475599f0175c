import { assert, itemAt, never } from './assert.ts';
import { admitEnd, admitTrouble, isSuspect } from './dispatch/admission.ts';
import type { Fact, Outcome, StepTime } from './facts/fact.ts';
import { judgeTrouble, noteEviction } from './failure/judge.ts';
import { troublePolicies } from './failure/policy.ts';
import type { Trouble } from './failure/trouble.ts';
import { putBack, recordEnd } from './graph/progress.ts';
import type { SlotName, Token } from './ids.ts';
import type { RunResult } from './input.ts';
import { findSlot } from './slot/pool.ts';
import type { Run, Slot } from './slot/slot.ts';
import { startCleaning } from './slots.ts';
import type { AgentState, PlanState, Step } from './state.ts';
import { findPlan, listRuns } from './state.ts';

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
      if (run.cancelled !== undefined) returnCancelled(step, { plan, slot, run });
      else meetTrouble(step, { plan, slot, run }, result);
      break;
    default:
      never(result);
  }
  startCleaning(step, slot);
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
  { trouble, detail, stage }: Extract<RunResult, { readonly kind: 'trouble' }>,
): void => {
  const { state, now, effects } = step;
  const { plan, slot, run } = attempt;
  const { limits, admission } = state;
  const key = `${run.planId} ${run.name}`;
  admitTrouble(admission, { key, trouble, startedAtMs: run.startedAtMs }, now.now, limits);
  const verdict = judgeTrouble(
    { trouble, detail, stage, jobs: run.jobs, alone: run.alone },
    plan.records.get(run.task),
    { hostSuspect: isHostSuspect(state, run, trouble), limits },
  );
  plan.records.set(run.task, verdict.record);
  const note = { kind: 'attemptTroubled', planId: run.planId, task: run.name, slot: slot.name } as const;
  effects.push({ kind: 'note', note: { ...note, trouble, detail, attempt: verdict.record.total } });
  switch (verdict.kind) {
    case 'retry':
      putBack(plan.progress, run.task, findReturn(step, verdict.pauseMs));
      break;
    case 'giveUp':
      settleTask(step, attempt, {
        outcome: verdict.failure,
        steps: [],
        cpuMs: 0,
        diskBytes: 0,
        memoryBytes: 0,
      });
      break;
    default:
      never(verdict);
  }
};

/** A full disk is the doing of a task only when there was room as it started, and it had all of that for itself. */
const isHostSuspect = (state: AgentState, run: Run, trouble: Trouble): boolean => {
  if (!troublePolicies[trouble].blamesHost) return false;
  if (isSuspect(state.admission, state.limits)) return true;
  return trouble === 'disk-full' && (run.diskLow || listRuns(state).length > 1);
};

/** A run that the agent has ended leaves nothing but its task, which goes back uncharged. */
const returnCancelled = (step: Step, { plan, run }: Attempt): void => {
  if (run.cancelled !== 'disk') {
    putBack(plan.progress, run.task, undefined);
    return;
  }
  const { record, pauseMs } = noteEviction(plan.records.get(run.task), step.state.limits);
  plan.records.set(run.task, record);
  putBack(plan.progress, run.task, findReturn(step, pauseMs));
};

/** When a task is ready again. While the host starts nothing its pause has not begun: others go first after that. */
const findReturn = ({ state, now }: Step, pauseMs: number | undefined): number | undefined => {
  if (pauseMs === undefined) return undefined;
  const { gate } = state.admission;
  return (gate.kind === 'held' ? gate.untilMs : now.now) + pauseMs;
};

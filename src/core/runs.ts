import { assert, itemAt, never } from './assert.ts';
import { admitEnd, admitTrouble, isSuspect } from './dispatch/admission.ts';
import { noteSpeed } from './dispatch/speed.ts';
import type { Outcome, StepTime } from './facts/fact.ts';
import { troublePolicies } from './failure/policy.ts';
import type { Trouble } from './failure/trouble.ts';
import { noteHere } from './files/have.ts';
import type { SlotName, Token } from './ids.ts';
import type { RunResult } from './input.ts';
import { record } from './journal/learn.ts';
import { giveBack } from './queue/commands.ts';
import { letGo } from './queue/queue.ts';
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
  // From here on the slot runs nothing: what follows looks at what is held.
  startCleaning(step, slot);
  switch (result.kind) {
    case 'ended':
      admitEnd(state.admission, run.startedAtMs);
      endTask(step, { plan, slot, run }, result);
      break;
    case 'trouble':
      if (run.cancelled !== undefined) returnCancelled(step, { plan, slot, run });
      else meetTrouble(step, { plan, slot, run }, result);
      break;
    default:
      never(result);
  }
};

/** A run with where it happened. */
interface Attempted {
  readonly plan: PlanState;
  readonly slot: Slot;
  readonly run: Run;
}

interface Ending {
  readonly outcome: Outcome;
  readonly steps: readonly StepTime[];
  readonly cpuMs: number;
  readonly diskBytes: number;
  readonly memoryBytes: number;
}

/** The task has its end, for good: a fact, durable before anybody hears of it. */
const endTask = (step: Step, { plan, slot, run }: Attempted, ending: Ending): void => {
  const { outcome, steps, cpuMs, diskBytes, memoryBytes } = ending;
  const wallMs = Math.round(step.now.now - run.startedAtMs);
  plan.spentMs.set(run.task, wallMs);
  if (outcome.kind === 'built') {
    plan.pace.actualMs += wallMs;
    plan.pace.expectedMs += itemAt(plan.progress.table.tasks, run.task).estimateMs;
    noteHere(plan, run.task);
    noteSpeed(step.state, itemAt(plan.progress.table.tasks, run.task), run, wallMs);
  }
  const what = { outcome, steps, cpuMs, diskBytes, memoryBytes, wallMs };
  record(step, plan, { ...describe({ slot, run }), ...what });
};

/** What keeps a host from running a task to its end is no end of the task: the coordinator judges what comes of it. */
const meetTrouble = (
  step: Step,
  { plan, slot, run }: Attempted,
  { trouble, detail, stage }: Extract<RunResult, { readonly kind: 'trouble' }>,
): void => {
  const { state, now, effects } = step;
  const { limits, admission } = state;
  const key = `${run.planId} ${run.name}`;
  admitTrouble(admission, { key, trouble, startedAtMs: run.startedAtMs }, now.now, limits);
  const hostSuspect = isHostSuspect(state, run, trouble);
  letGo({ plan, task: run.task });
  record(step, plan, {
    ...describe({ slot, run }),
    ...{ steps: [], cpuMs: 0, diskBytes: 0, memoryBytes: 0, wallMs: Math.round(now.now - run.startedAtMs) },
    outcome: { kind: 'troubled', trouble, detail, stage, alone: run.alone, hostSuspect },
  });
  const attempt = plan.records.get(run.task)?.total ?? 1;
  const note = { kind: 'attemptTroubled', planId: run.planId, task: run.name, slot: slot.name } as const;
  effects.push({ kind: 'note', note: { ...note, trouble, detail, attempt } });
};

const describe = ({ slot, run }: Omit<Attempted, 'plan'>) => ({
  task: run.name,
  token: run.token,
  slot: slot.name,
  startedAtMs: run.startedAtWallMs,
  jobs: run.jobs,
});

/** A full disk is the doing of a task only when there was room as it started, and it had all of that for itself. */
const isHostSuspect = (state: AgentState, run: Run, trouble: Trouble): boolean => {
  if (!troublePolicies[trouble].blamesHost) return false;
  if (isSuspect(state.admission, state.limits)) return true;
  return trouble === 'disk-full' && (run.diskLow || listRuns(state).length > 0);
};

/** A run that the agent has ended leaves nothing but its task, which goes back uncharged. */
const returnCancelled = (step: Step, { plan, run }: Attempted): void => {
  letGo({ plan, task: run.task });
  if (run.cancelled === 'known' || run.cancelled === 'told') return;
  const { planId, name: task, token, again, duplicate } = run;
  const reason = run.cancelled === 'disk' ? 'evicted' : 'stopped';
  giveBack(step, [{ planId, task, token, again, duplicate }], reason);
};

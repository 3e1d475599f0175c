import { bookTime } from './accounting.ts';
import { assert } from './assert.ts';
import { cancelRun } from './cancel.ts';
import { createPlan } from './create.ts';
import type { PlanEnding } from './effect.ts';
import type { Entry } from './facts/fact.ts';
import { noteStored } from './files/have.ts';
import { isOver } from './graph/progress.ts';
import type { PlanId, TaskName } from './ids.ts';
import type { Event, StopMode } from './input.ts';
import { askForEntries, sendVector } from './journal/exchange.ts';
import { append, takeDense } from './journal/journal.ts';
import { applyEntry } from './journal/learn.ts';
import { sayFarewell } from './membership/leave.ts';
import { listReachable } from './membership/peers.ts';
import type { PlanWord } from './plan.ts';
import { giveBackQueue } from './queue/commands.ts';
import { isPoolClean } from './slot/pool.ts';
import type { SlotState } from './slot/slot.ts';
import type { AgentState, PlanState, Step } from './state.ts';
import { countUsable, findPlan, isPlanDone, isWithdrawn, lifeOf, listSlotsRunning } from './state.ts';
import { forgetPlan, speak, tellPlan } from './words.ts';

type PlanAdded = Extract<Event, { readonly kind: 'planAdded' }>;

/** Takes up a plan where its entries leave it. One that lives already is not touched; one that ended begins anew. */
export const addPlan = (step: Step, { planId, plan, entries, files, isFit = true }: PlanAdded): void => {
  const { state, now } = step;
  const known = findPlan(state, planId);
  if (known !== undefined) {
    if (known.ending === undefined) return;
    state.plans.splice(state.plans.indexOf(known), 1);
  }
  const wanted = state.wanted.get(planId);
  const last = known?.word ?? state.forgotten.get(planId);
  state.wanted.delete(planId);
  state.forgotten.delete(planId);
  const word: PlanWord = wanted?.word ?? { revision: (last?.revision ?? -1) + 1, mode: 'run' };
  const usesFiles = plan.files === true && !state.mesh.sharedFiles;
  const added = createPlan(planId, plan, { usesFiles, isFit, word, nowMs: now.now });
  state.plans.push(added);
  load(
    step,
    added,
    entries.filter((entry) => entry.planId === planId),
  );
  noteStored(added, files ?? listOwnFiles(state, entries));
  tellPlan(step, added);
  if (added.journal.size === 0) askForEntries(step, added);
  else for (const peer of listReachable(state)) sendVector(step, peer, { isAnswer: false });
};

/** What is known from the store. What lies behind a gap counts, but is told to nobody: it comes again in its order. */
const load = (step: Step, plan: PlanState, entries: readonly Entry[]): void => {
  const dense = new Set(takeDense(entries));
  for (const entry of dense) append(plan.journal, entry);
  for (const entry of entries) applyEntry(step, plan, entry);
};

const listOwnFiles = (state: AgentState, entries: readonly Entry[]): readonly TaskName[] => {
  const { host } = lifeOf(state);
  return entries
    .filter(({ origin, outcome }) => origin.host === host && outcome.kind === 'built')
    .map(({ task }) => task);
};

/** This host can run tasks of the plan from now on, or no longer: then what it holds of it and has not begun goes back. */
export const fitPlan = (step: Step, planId: PlanId, isFit: boolean): void => {
  const plan = findPlan(step.state, planId);
  if (plan === undefined || plan.isFit === isFit) return;
  plan.isFit = isFit;
  plan.isDirty = true;
  tellPlan(step, plan);
};

/** Stops one plan, on all hosts. `now` after `drain` is heard; `drain` after `now` changes nothing. */
export const stopPlan = (step: Step, planId: PlanId, mode: StopMode): void => {
  const plan = findPlan(step.state, planId);
  if (plan === undefined || plan.ending !== undefined) return;
  if (plan.word.mode === 'now' || plan.word.mode === mode) return;
  speak(step, plan, mode);
};

/** A stopped plan goes on, on all hosts. */
export const resumePlan = (step: Step, planId: PlanId): void => {
  const plan = findPlan(step.state, planId);
  if (plan !== undefined && plan.ending !== 'complete' && plan.word.mode !== 'run') speak(step, plan, 'run');
};

/** Ends the agent's work: all plans stop here, none that comes later starts anything, and the others are told. */
export const shutDown = (step: Step, mode: StopMode): void => {
  const { state } = step;
  if (state.stopping !== 'now') state.stopping = mode;
  giveBackQueue(step);
  if (mode === 'now') {
    for (const { slot } of listSlotsRunning(state))
      cancelRun(step, slot, 'stopped', 'the agent is shutting down');
  }
  sayFarewell(step, mode);
};

/**
 * Ends the plans that have nothing left to do. The last ones wait until the slots are clean: when a person hears
 * that the build has ended, nothing of it is left on the host.
 */
export const endPlans = (step: Step): void => {
  const { state, effects } = step;
  const live = state.plans.filter((plan) => plan.ending === undefined);
  const done = live.filter((plan) => isPlanDone(state, plan));
  if (done.length === live.length && !isPoolClean(state.pool)) return;
  for (const plan of done) {
    const ending = isOver(plan.progress) ? 'complete' : 'stopped';
    becomeEnded(plan, ending);
    effects.push({ kind: 'planEnded', planId: plan.planId, ending });
  }
  if (done.length > 0) forgetOldest(state);
};

/** Books the time since the last event to the plans that live. */
export const bookPlans = (state: AgentState, nowMs: number): void => {
  let slots: readonly SlotState[] | undefined;
  for (const plan of state.plans) {
    if (plan.ending !== undefined || plan.account.atMs === nowMs) continue;
    slots ??= state.pool.slots.map((slot) => slot.state);
    const isHeld = state.isDrained || state.admission.gate.kind !== 'open' || state.wait !== undefined;
    const usable = isHeld || isWithdrawn(state, plan) ? 0 : countUsable(state);
    bookTime(plan.account, plan.planId, slots, { runs: state.runs, usable, nowMs });
  }
};

const becomeEnded = (plan: PlanState, ending: PlanEnding): void => {
  assert(plan.ending === undefined, `plan ${plan.planId} ends twice`);
  plan.ending = ending;
};

const forgetOldest = (state: AgentState): void => {
  const ended = state.plans.filter((plan) => plan.ending !== undefined);
  for (const plan of ended.slice(0, Math.max(0, ended.length - state.limits.endedPlansMax))) {
    forgetPlan(state, plan);
  }
};

import { bookTime, openAccount } from './accounting.ts';
import { assert } from './assert.ts';
import type { PlanEnding } from './effect.ts';
import type { Fact } from './facts/fact.ts';
import { createProgress, isOver } from './graph/progress.ts';
import { createTable } from './graph/table.ts';
import type { PlanId } from './ids.ts';
import type { StopMode } from './input.ts';
import type { Plan } from './plan.ts';
import { isPoolClean } from './slot/pool.ts';
import type { AgentState, PlanState, Step } from './state.ts';
import { countUsable, findPlan, isPlanDone, isWithdrawn } from './state.ts';

/** Takes up a plan where its facts leave it. One that lives already is not touched; one that ended begins anew. */
export const addPlan = (
  { state, now }: Step,
  { planId, plan, facts }: { readonly planId: PlanId; readonly plan: Plan; readonly facts: readonly Fact[] },
): void => {
  const known = findPlan(state, planId);
  if (known !== undefined) {
    if (known.ending === undefined) return;
    state.plans.splice(state.plans.indexOf(known), 1);
  }
  const own = facts.filter((fact) => fact.planId === planId);
  state.plans.push({
    planId,
    build: plan.build,
    progress: createProgress(createTable(plan), own),
    records: new Map(),
    passedOver: new Map(),
    account: openAccount(now.now),
    spentMs: new Float64Array(plan.tasks.length),
    pace: { actualMs: 0, expectedMs: 0 },
    stopping: undefined,
    ending: undefined,
  });
};

/** Stops one plan. `now` after `drain` is heard; `drain` after `now` changes nothing. */
export const stopPlan = (step: Step, planId: PlanId, mode: StopMode): void => {
  const plan = findPlan(step.state, planId);
  if (plan === undefined || plan.ending !== undefined) return;
  if (plan.stopping !== 'now') plan.stopping = mode;
  if (mode === 'now') cancelRuns(step, planId, 'the build was stopped');
};

/** Ends the agent's work: all plans stop, and none that comes later starts anything. */
export const shutDown = (step: Step, mode: StopMode): void => {
  if (step.state.stopping !== 'now') step.state.stopping = mode;
  if (mode === 'now') cancelRuns(step, undefined, 'the agent is shutting down');
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
  const slots = state.pool.slots.map((slot) => slot.state);
  for (const plan of state.plans) {
    if (plan.ending !== undefined) continue;
    const isHeld = state.admission.gate.kind !== 'open' || state.wait !== undefined;
    const usable = isHeld || isWithdrawn(state, plan) ? 0 : countUsable(state);
    bookTime(plan.account, plan.planId, slots, { runs: state.runs, usable, nowMs });
  }
};

const cancelRuns = ({ state, effects }: Step, planId: PlanId | undefined, reason: string): void => {
  for (const slot of state.pool.slots) {
    if (slot.state.kind !== 'running') continue;
    const { run } = slot.state;
    if (run.cancelled !== undefined || (planId !== undefined && run.planId !== planId)) continue;
    run.cancelled = 'stopped';
    effects.push({ kind: 'cancel', slot: slot.name, token: run.token, reason });
  }
};

const becomeEnded = (plan: PlanState, ending: PlanEnding): void => {
  assert(plan.ending === undefined, `plan ${plan.planId} ends twice`);
  assert(plan.progress.counts.running === 0, `plan ${plan.planId} ends while tasks of it run`);
  plan.ending = ending;
};

const forgetOldest = (state: AgentState): void => {
  const ended = state.plans.filter((plan) => plan.ending !== undefined);
  for (const plan of ended.slice(0, Math.max(0, ended.length - state.limits.endedPlansMax))) {
    state.plans.splice(state.plans.indexOf(plan), 1);
  }
};

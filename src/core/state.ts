import type { Account } from './accounting.ts';
import type { Admission } from './dispatch/admission.ts';
import { createAdmission } from './dispatch/admission.ts';
import type { Allowance } from './dispatch/allowance.ts';
import { countFree } from './dispatch/allowance.ts';
import type { Effect, PlanEnding } from './effect.ts';
import type { TroubleCount } from './failure/policy.ts';
import type { Progress } from './graph/progress.ts';
import { isOver } from './graph/progress.ts';
import type { BuildId, Life, PlanId } from './ids.ts';
import type { Now, StopMode } from './input.ts';
import type { Limits } from './limits.ts';
import type { Pool } from './slot/pool.ts';
import { countPlaces, createPool, listSlots } from './slot/pool.ts';

/** One plan as this agent carries it out. */
export interface PlanState {
  readonly planId: PlanId;
  readonly build: BuildId;
  readonly progress: Progress;
  /** By task; only those that met trouble. */
  readonly troubles: Map<number, TroubleCount>;
  readonly account: Account;
  /** Wall time of each task that ended here since the plan came, milliseconds; 0 for the others. */
  readonly spentMs: Float64Array;
  /** Of the tasks built here: how long they took, and how long they were expected to take. */
  readonly pace: { actualMs: number; expectedMs: number };
  /** The user's word to stop it. */
  stopping: StopMode | undefined;
  /** Undefined while it lives. */
  ending: PlanEnding | undefined;
}

/** What an agent knows. Plain data, owned by the core: shells keep it and ask about it through `view.ts`. */
export interface AgentState {
  readonly limits: Limits;
  /** Undefined until `booted`. */
  life: Life | undefined;
  allowance: Allowance;
  pool: Pool;
  readonly admission: Admission;
  /** In the order of their coming: the first one that has something ready gets the next slot. */
  readonly plans: PlanState[];
  /** The user's word to end the agent. */
  stopping: StopMode | undefined;
  /** Attempts started in this life. */
  attempts: number;
  /** Facts made in this life. */
  facts: number;
  /** The clock at the last event, milliseconds. */
  nowMs: number;
  /** The wake that the shell holds; undefined when it holds none. */
  wakeAtMs: number | undefined;
}

/** One event's work: the state, the clocks, and the effects so far in any order. */
export interface Step {
  readonly state: AgentState;
  readonly now: Now;
  readonly effects: Effect[];
}

export const createState = (limits: Limits): AgentState => ({
  limits,
  life: undefined,
  allowance: { slots: 1, cores: 1 },
  pool: createPool([]),
  admission: createAdmission(),
  plans: [],
  stopping: undefined,
  attempts: 0,
  facts: 0,
  nowMs: 0,
  wakeAtMs: undefined,
});

/** The plan of that id, live or ended. */
export const findPlan = (state: AgentState, planId: PlanId): PlanState | undefined =>
  state.plans.find((plan) => plan.planId === planId);

/** True when nothing more of the plan may start. */
export const isWithdrawn = (state: AgentState, plan: PlanState): boolean =>
  plan.ending !== undefined || plan.stopping !== undefined || state.stopping !== undefined;

/** Plans of which tasks may start. */
export const listActivePlans = (state: AgentState): readonly PlanState[] =>
  state.plans.filter((plan) => !isWithdrawn(state, plan));

/** How many tasks can run at a time on this host now, at least 1. */
export const countUsable = ({ allowance, pool }: AgentState): number =>
  Math.max(1, Math.min(allowance.slots, countPlaces(pool)));

/** How many more tasks may start now, as far as the allowance goes. */
export const countStarts = ({ allowance, pool }: AgentState): number =>
  countFree(allowance, listSlots(pool, 'running').length);

/** True when the plan has nothing left to do here: every task has its end, or it is withdrawn and nothing runs. */
export const isPlanDone = (state: AgentState, plan: PlanState): boolean =>
  isOver(plan.progress) || (isWithdrawn(state, plan) && plan.progress.counts.running === 0);

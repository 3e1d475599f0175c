import type { Account } from './accounting.ts';
import type { Admission } from './dispatch/admission.ts';
import { createAdmission } from './dispatch/admission.ts';
import type { Allowance } from './dispatch/allowance.ts';
import { countFree } from './dispatch/allowance.ts';
import type { Resources } from './dispatch/ledger.ts';
import type { Wait, WaitNotes } from './dispatch/wait.ts';
import type { Effect, PlanEnding } from './effect.ts';
import type { TaskRecord } from './failure/judge.ts';
import type { Progress } from './graph/progress.ts';
import { isOver } from './graph/progress.ts';
import type { BuildId, Life, PlanId } from './ids.ts';
import type { Now, StopMode } from './input.ts';
import type { Limits } from './limits.ts';
import type { Pool } from './slot/pool.ts';
import { countPlaces, createPool } from './slot/pool.ts';
import type { Run } from './slot/slot.ts';

/** One plan as this agent carries it out. */
export interface PlanState {
  readonly planId: PlanId;
  readonly build: BuildId;
  readonly progress: Progress;
  /** By task; only those that met trouble. */
  readonly records: Map<number, TaskRecord>;
  /** Ready tasks that did not fit beside what runs, and since when: monotonic, milliseconds. */
  readonly passedOver: Map<number, number>;
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
  /** Tasks that may run at a time when this agent has the host for itself: the slots but for the spare ones. */
  runs: number;
  allowance: Allowance;
  pool: Pool;
  /** The last measure of the host; undefined until there is one. */
  resources: Resources | undefined;
  /** What all work areas in memory may take together, bytes. */
  workMemoryBytes: number;
  /** Why nothing starts though something could; undefined: there is no such reason. */
  wait: Wait | undefined;
  readonly waitNotes: WaitNotes;
  /** When a run was last ended to save the disk. */
  evictedAtMs: number | undefined;
  sweep: Sweep;
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

/** `waiting`: for its time. `underWay`: for the shell to end it. */
export type Sweep = { readonly kind: 'waiting'; readonly atMs: number } | { readonly kind: 'underWay' };

/** One event's work: the state, the clocks, and the effects so far in any order. */
export interface Step {
  readonly state: AgentState;
  readonly now: Now;
  readonly effects: Effect[];
}

export const createState = (limits: Limits): AgentState => ({
  limits,
  life: undefined,
  runs: 1,
  allowance: { slots: 1, cores: 1 },
  pool: createPool([]),
  resources: undefined,
  workMemoryBytes: 0,
  wait: undefined,
  waitNotes: new Map(),
  evictedAtMs: undefined,
  sweep: { kind: 'waiting', atMs: limits.sweepEveryMs },
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
export const countUsable = ({ allowance, runs }: AgentState): number =>
  Math.max(1, Math.min(allowance.slots, runs));

/** What runs now. */
export const listRuns = ({ pool }: AgentState): readonly Run[] =>
  pool.slots.flatMap(({ state }) => (state.kind === 'running' ? [state.run] : []));

/** How many more tasks may start now, as far as the allowance goes. */
export const countStarts = (state: AgentState): number =>
  countFree(countUsable(state), listRuns(state).length);

/** How many slots are made ahead of what may run. */
export const countSpares = ({ pool, runs }: AgentState): number => Math.max(0, countPlaces(pool) - runs);

/** True when the plan has nothing left to do here: every task has its end, or it is withdrawn and nothing runs. */
export const isPlanDone = (state: AgentState, plan: PlanState): boolean =>
  isOver(plan.progress) || (isWithdrawn(state, plan) && plan.progress.counts.running === 0);

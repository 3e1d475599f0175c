import type { Account } from './accounting.ts';
import { assert } from './assert.ts';
import type { Admission } from './dispatch/admission.ts';
import type { Allowance } from './dispatch/allowance.ts';
import { countFree } from './dispatch/allowance.ts';
import type { Resources } from './dispatch/ledger.ts';
import type { Owners } from './dispatch/owners.ts';
import type { SpeedBook } from './dispatch/speed.ts';
import type { Wait, WaitNotes } from './dispatch/wait.ts';
import type { Effect, PlanEnding } from './effect.ts';
import type { Election } from './election/role.ts';
import type { Attempt, Entry, Fact } from './facts/fact.ts';
import type { TaskRecord } from './failure/judge.ts';
import type { Fetching, PlanFiles } from './files/files.ts';
import type { Progress } from './graph/progress.ts';
import { isOver } from './graph/progress.ts';
import type { BuildId, Life, PlanId, TaskName, Token } from './ids.ts';
import type { MeshOptions, Now, StopMode } from './input.ts';
import type { Asked } from './journal/exchange.ts';
import type { Journal } from './journal/journal.ts';
import type { Limits } from './limits.ts';
import type { Membership } from './membership/peers.ts';
import type { PlanWord } from './plan.ts';
import type { Holding } from './queue/queue.ts';
import type { RandomState } from './random.ts';
import type { Rules } from './rules.ts';
import type { Pool } from './slot/pool.ts';
import { countPlaces } from './slot/pool.ts';
import type { Run, Slot } from './slot/slot.ts';
import type { Stealing } from './steal/stealing.ts';
import type { WantedPlan } from './words.ts';

/** One plan as this agent carries it out. */
export interface PlanState {
  readonly planId: PlanId;
  readonly build: BuildId;
  /** Hosts of another one get none of its tasks; empty: any host will do. */
  readonly platform: string;
  /** A task starts only where the files of all that it needs are. */
  readonly usesFiles: boolean;
  /** This host can run its tasks: it has all that its shell needs for them. */
  isFit: boolean;
  readonly progress: Progress;
  readonly journal: Journal;
  /** The fact that counts, by task. */
  readonly ends: Map<number, Fact>;
  /** Entries about tasks that are not known yet: the result that adds them has not come. */
  readonly early: Map<TaskName, Entry[]>;
  /** By task: all failures, whether they count or not. */
  readonly failures: Map<number, Fact[]>;
  /** Tokens of failures and attempts that count no more, by task: a user wanted it tried again. */
  readonly voids: Map<number, Set<Token>>;
  /** By task; only those that met trouble. */
  readonly attempts: Map<number, Attempt[]>;
  /** What those of them that count teach. */
  readonly records: Map<number, TaskRecord>;
  /** How often a run of a task was ended to save a disk. */
  readonly evictions: Map<number, number>;
  /** Ready tasks that did not fit, and since when: monotonic, milliseconds. */
  readonly passedOver: Map<number, number>;
  /** Of the coordinator: who holds what. */
  readonly owners: Owners;
  readonly files: PlanFiles;
  /** Built tasks whose file is needed and that no live host has, to be built again; since when. */
  readonly lost: Map<number, number>;
  readonly account: Account;
  /** Wall time of each task that ended here since the plan came, milliseconds; absent for the others. */
  readonly spentMs: Map<number, number>;
  /** Of the tasks built here: how long they took, and how long they were expected to take. */
  readonly pace: { actualMs: number; expectedMs: number };
  /** The last word of a user about it. */
  word: PlanWord;
  /** Undefined while it lives. */
  ending: PlanEnding | undefined;
  /** Something has changed since the coordinator last looked for work to grant. */
  isDirty: boolean;
}

/** What an agent knows. Plain data, owned by the core: shells keep it and ask about it through `view.ts`. */
export interface AgentState {
  readonly limits: Limits;
  readonly rules: Rules;
  /** Undefined until `booted`. */
  life: Life | undefined;
  mesh: MeshOptions;
  random: RandomState;
  readonly membership: Membership;
  readonly election: Election;
  /** Tasks that were granted to this agent, or taken by it, and that wait for a slot or for files. */
  readonly queue: Holding[];
  readonly stealing: Stealing;
  readonly fetching: Fetching;
  /** How fast each host has shown to be, by what all of them have told. */
  readonly book: SpeedBook;
  /** Plans that others have and this agent has not. */
  readonly wanted: Map<PlanId, WantedPlan>;
  /** Stopped plans that this agent knows no more, and the last word about each. */
  readonly forgotten: Map<PlanId, PlanWord>;
  /** When this agent next tells its coordinator what it holds. */
  holdAtMs: number;
  /** When it next compares journals with another one. */
  vectorAtMs: number;
  /** Undefined until it has asked for entries that it lacks. */
  asked: Asked | undefined;
  /** Tasks that may run at a time when this agent has the host for itself: the slots but for the spare ones. */
  runs: number;
  cores: number;
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
  /** In the order of their coming. */
  readonly plans: PlanState[];
  /** An operator wants nothing new to start on this host. */
  isDrained: boolean;
  /** The user's word to end the agent. */
  stopping: StopMode | undefined;
  /** Tokens made in this life. */
  tokens: number;
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

/** The plan of that id, live or ended. */
export const findPlan = (state: AgentState, planId: PlanId): PlanState | undefined =>
  state.plans.find((plan) => plan.planId === planId);

/** True when nothing more of the plan may start. */
export const isWithdrawn = (state: AgentState, plan: PlanState): boolean =>
  plan.ending !== undefined || plan.word.mode !== 'run' || state.stopping !== undefined;

/** Plans of which tasks may start. */
export const listActivePlans = (state: AgentState): readonly PlanState[] =>
  state.plans.filter((plan) => !isWithdrawn(state, plan));

/** How many tasks can run at a time on this host now, at least 1. */
export const countUsable = ({ allowance, runs }: AgentState): number =>
  Math.max(1, Math.min(allowance.slots, runs));

/** What runs now. */
export const listRuns = ({ pool }: AgentState): readonly Run[] => {
  const runs: Run[] = [];
  for (const { state } of pool.slots) if (state.kind === 'running') runs.push(state.run);
  return runs;
};

/** The slots on which something runs, with what. */
export const listSlotsRunning = ({
  pool,
}: AgentState): readonly { readonly slot: Slot; readonly run: Run }[] =>
  pool.slots.flatMap((slot) => (slot.state.kind === 'running' ? [{ slot, run: slot.state.run }] : []));

/** How many more tasks may start now, as far as the operator and the allowance go. */
export const countStarts = (state: AgentState): number =>
  state.isDrained ? 0 : countFree(countUsable(state), listRuns(state).length);

/** How many slots are made ahead of what may run. */
export const countSpares = ({ pool, runs }: AgentState): number => Math.max(0, countPlaces(pool) - runs);

/** True when the plan has nothing left to do here: every task has its end, or it is withdrawn; and nothing runs. */
export const isPlanDone = (state: AgentState, plan: PlanState): boolean =>
  (isOver(plan.progress) || isWithdrawn(state, plan)) &&
  !listRuns(state).some(({ planId }) => planId === plan.planId);

/** The life of an agent that has booted. */
export const lifeOf = ({ life }: AgentState): Life => {
  assert(life !== undefined, 'something happened before the agent had booted');
  return life;
};

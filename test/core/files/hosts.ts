import { createPlan, createState } from '../../../src/core/create.ts';
import type { Effect } from '../../../src/core/effect.ts';
import { hearHave, noteFact, noteHere } from '../../../src/core/files/have.ts';
import { recordEnd } from '../../../src/core/graph/progress.ts';
import type { HostId, PlanId, TaskName } from '../../../src/core/ids.ts';
import { hostId, planId, sessionId, taskName } from '../../../src/core/ids.ts';
import type { MeshLimits } from '../../../src/core/limits.ts';
import { defaultLimits } from '../../../src/core/limits.ts';
import type { HaveNews, Load } from '../../../src/core/message.ts';
import type { Plan } from '../../../src/core/plan.ts';
import { createRandom } from '../../../src/core/random.ts';
import type { Rules } from '../../../src/core/rules.ts';
import { allRules } from '../../../src/core/rules.ts';
import type { AgentState, PlanState, Step } from '../../../src/core/state.ts';
import { loneMesh, makeLife } from '../lives.ts';
import { makeFact } from '../samples.ts';

/** A host that is tested, and its plan. */
export interface Here {
  readonly state: AgentState;
  readonly of: PlanState;
}

export const plan1: PlanId = planId('plan');

/** An agent that has booted, of a mesh whose hosts keep their own files. */
export const makeHost = (
  host: string,
  {
    rules = {},
    mesh = {},
    seed = 1,
  }: {
    readonly rules?: Partial<Rules>;
    readonly mesh?: Partial<MeshLimits>;
    readonly seed?: number;
  } = {},
): AgentState => {
  const limits = { ...defaultLimits, mesh: { ...defaultLimits.mesh, ...mesh } };
  const state = createState(limits, { ...allRules, ...rules });
  state.life = makeLife(host);
  state.mesh = { ...loneMesh, sharedFiles: false };
  state.random = createRandom(seed);
  return state;
};

/** The plan as an agent has it that knows nothing of its tasks. */
export const enterPlan = (state: AgentState, plan: Plan): PlanState => {
  const word = { revision: 0, mode: 'run' } as const;
  const entered = createPlan(plan1, plan, { usesFiles: true, word, nowMs: 0 });
  entered.isDirty = false;
  state.plans.push(entered);
  return entered;
};

export const stepAt = (state: AgentState, nowMs = 0): Step & { readonly effects: Effect[] } => ({
  state,
  now: { now: nowMs, wall: 0 },
  effects: [],
});

const idle: Load = {
  usable: 1,
  running: 0,
  queued: 0,
  givable: 0,
  waitMs: 0,
  coresFree: 1,
  memoryFreeBytes: undefined,
  diskFreeBytes: undefined,
  speed: 1,
};

/** Another host that lives, has the plan, and can be spoken to. */
export const addPeer = (
  state: AgentState,
  host: string,
  { diskFreeBytes, platform = 'test', incarnation = 1 }: PeerOptions = {},
): HostId => {
  const id = hostId(host);
  const session = sessionId(state.membership.peers.size + 1);
  state.membership.peers.set(id, {
    hello: {
      life: makeLife(host, incarnation),
      mesh: 'mesh',
      protocol: { oldest: 1, newest: 2 },
      platform,
      eligibility: 'allow',
      runs: 1,
      cores: 1,
    },
    session: { id: session, isDialler: true },
    status: 'alive',
    heardAtMs: 0,
    closedAtMs: undefined,
    isLeaving: false,
    vouchedAtMs: undefined,
    probedAtMs: undefined,
    refusedAtMs: undefined,
    load: { ...idle, diskFreeBytes },
    ballot: undefined,
    unfit: new Set(),
    plans: new Set([plan1]),
    protocol: 2,
  });
  return id;
};

interface PeerOptions {
  readonly diskFreeBytes?: number;
  readonly platform?: string;
  readonly incarnation?: number;
}

/** Nobody hears of that host any more. */
export const killPeer = (state: AgentState, host: string): void => {
  const peer = state.membership.peers.get(hostId(host));
  if (peer === undefined) throw new Error(`no peer ${host}`);
  peer.session = undefined;
  peer.status = 'dead';
};

export const indexOf = (plan: PlanState, name: string): number => {
  const index = plan.progress.table.indexOf.get(taskName(name));
  if (index === undefined) throw new Error(`no task ${name}`);
  return index;
};

/** The task was built by that host, as everybody hears. */
export const tellBuilt = (
  state: AgentState,
  plan: PlanState,
  name: string,
  host: string,
  incarnation = 1,
): void => {
  const task = indexOf(plan, name);
  const origin = makeLife(host, incarnation);
  recordEnd(plan.progress, task, 'built');
  if (state.life?.host === origin.host) noteHere(plan, task);
  noteFact(
    stepAt(state),
    plan,
    makeFact(name, { kind: 'built', digest: `sha256:${name}`, sizeBytes: 1 }, { origin }),
  );
};

/** What a host says in a heartbeat. */
export const tellHave = (
  state: AgentState,
  host: string,
  {
    added = [],
    removed = [],
    isWhole = false,
  }: Partial<Record<'added' | 'removed', readonly string[]>> & { readonly isWhole?: boolean },
): void => {
  const news: HaveNews = {
    planId: plan1,
    isWhole,
    added: added.map(taskName),
    removed: removed.map(taskName),
  };
  hearHave(stepAt(state), hostId(host), [news]);
};

/** The files that a step asks for, and of whom. */
export const listFetches = ({
  effects,
}: Step): readonly { readonly task: TaskName; readonly from: HostId }[] =>
  effects.flatMap((effect) =>
    effect.kind === 'fetchFile' ? [{ task: effect.task, from: effect.from }] : [],
  );

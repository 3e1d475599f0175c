import type { PeerStatus } from './effect.ts';
import { findLeader, isOpen, type Role } from './election/role.ts';
import type { Entry, Fact } from './facts/fact.ts';
import type { Ballot, HostId, Life, PlanId, TaskName, Token } from './ids.ts';
import type { HeldItem, Load, RunItem } from './message.ts';
import { listHeld } from './queue/hold.ts';
import { describeHolding, nameOf } from './queue/queue.ts';
import type { AgentState } from './state.ts';
import { findPlan } from './state.ts';

/** How an agent sees the mesh: for commands, and for the simulator's checks. */
export interface MeshView {
  readonly role: Role['kind'];
  /** Whom it follows and hears, itself included; undefined: nobody. */
  readonly leader: Life | undefined;
  /** The highest ballot it has seen. */
  readonly ballot: Ballot | undefined;
  /** It leads and grants. */
  readonly isOpen: boolean;
}

export const viewMesh = (state: AgentState): MeshView => ({
  role: state.election.role.kind,
  leader: state.life === undefined ? undefined : findLeader(state, state.nowMs),
  ballot: state.election.highest,
  isOpen: isOpen(state),
});

/** What an agent holds: each task is in one of the lists. */
export const viewHeld = (
  state: AgentState,
): {
  readonly runs: readonly RunItem[];
  readonly queue: readonly HeldItem[];
  readonly transfers: readonly (HeldItem & { readonly to: HostId })[];
} => ({
  ...listHeld(state, state.nowMs),
  transfers: state.stealing.transfers.map(({ holding, to }) => ({
    ...describeHolding(holding),
    to: to.host,
  })),
});

export interface OwnerView {
  readonly task: TaskName;
  readonly life: Life;
  readonly token: Token;
  readonly isRunning: boolean;
}

/** The table of a coordinator; empty elsewhere. */
export const listOwners = (state: AgentState, planId: PlanId): readonly OwnerView[] => {
  const plan = findPlan(state, planId);
  if (plan === undefined) return [];
  return [...plan.owners.byTask].map(([task, { life, token, isRunning }]) => ({
    task: nameOf(plan, task),
    ...{ life, token, isRunning },
  }));
};

/** All entries of a plan that this agent can tell others. */
export const listEntries = (state: AgentState, planId: PlanId): readonly Entry[] =>
  [...(findPlan(state, planId)?.journal.values() ?? [])].flatMap(({ entries }) => entries);

/** The fact that counts for each task that has one. */
export const listEnds = (state: AgentState, planId: PlanId): readonly Fact[] => [
  ...(findPlan(state, planId)?.ends.values() ?? []),
];

export interface PeerView {
  readonly life: Life;
  readonly status: PeerStatus;
  readonly load: Load | undefined;
}

/** The other agents, as this one knows them. */
export const viewPeers = (state: AgentState): readonly PeerView[] =>
  [...state.membership.peers.values()].map(({ hello, status, load }) => ({ life: hello.life, status, load }));

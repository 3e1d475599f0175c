import type { PeerStatus } from './effect.ts';
import { findLeader, isOpen, type Role } from './election/role.ts';
import type { Entry, Fact } from './facts/fact.ts';
import type { Ballot, HostId, Life, PlanId, TaskName, Token } from './ids.ts';
import type { Eligibility, HeldItem, Load, RunItem } from './message.ts';
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
  /** An operator wants nothing new to start on its host. */
  readonly isDrained: boolean;
}

export const viewMesh = (state: AgentState): MeshView => ({
  role: state.election.role.kind,
  leader: state.life === undefined ? undefined : findLeader(state, state.nowMs),
  ballot: state.election.highest,
  isOpen: isOpen(state),
  isDrained: state.isDrained,
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
  /** Undefined until it has said so. */
  readonly load: Load | undefined;
  /** What it is, as it said when it came. */
  readonly platform: string;
  readonly eligibility: Eligibility;
  readonly runs: number;
  readonly cores: number;
  /** The version of the protocol that both speak. */
  readonly protocol: number;
  readonly isConnected: boolean;
  /** It has said that it goes. */
  readonly isLeaving: boolean;
  /** When something of it was last heard, milliseconds ago. */
  readonly heardAgoMs: number;
  /** When others last said that they hear it, milliseconds ago; undefined: none has. */
  readonly vouchedAgoMs: number | undefined;
  /** Plans that it has, and those of them whose tasks it cannot run. */
  readonly plans: readonly PlanId[];
  readonly unfit: readonly PlanId[];
}

/** The other agents, as this one knows them. `nowMs`: its monotonic clock. */
export const viewPeers = (state: AgentState, nowMs = state.nowMs): readonly PeerView[] =>
  [...state.membership.peers.values()].map((peer) => {
    const { life, platform, eligibility, runs, cores } = peer.hello;
    const { status, load, protocol, session, isLeaving, heardAtMs, vouchedAtMs } = peer;
    return {
      ...{ life, status, load, platform, eligibility, runs, cores, protocol, isLeaving },
      isConnected: session !== undefined,
      // A heartbeat that said nothing new may have come since the agent's last step.
      heardAgoMs: Math.max(0, nowMs - heardAtMs),
      vouchedAgoMs: vouchedAtMs === undefined ? undefined : Math.max(0, nowMs - vouchedAtMs),
      plans: [...peer.plans],
      unfit: [...peer.unfit],
    };
  });

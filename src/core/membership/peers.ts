import type { CloseReason, PeerStatus } from '../effect.ts';
import type { Ballot, HostId, Life, PlanId, SessionId } from '../ids.ts';
import type { Hello, Load } from '../message.ts';
import type { AgentState, Step } from '../state.ts';

/** Another agent of the mesh, as this one knows it. */
export interface Peer {
  hello: Hello;
  /** The connection to it; undefined: none. */
  session: Session | undefined;
  status: PeerStatus;
  /** When something of it was last heard, milliseconds. */
  heardAtMs: number;
  /** When the connection to it was lost; undefined while there is one. */
  closedAtMs: number | undefined;
  /** It has said that it goes. */
  isLeaving: boolean;
  /** When another agent last said that it hears it: that moment. */
  vouchedAtMs: number | undefined;
  /** When others were last asked about it. */
  probedAtMs: number | undefined;
  /** When it last refused to be called, since the connection was lost. */
  refusedAtMs: number | undefined;
  load: Load | undefined;
  /** The highest ballot that it has seen, as it said last. */
  ballot: Ballot | undefined;
  /** Plans that it has. */
  readonly plans: Set<PlanId>;
  /** Those of them whose tasks it cannot run. */
  readonly unfit: Set<PlanId>;
  /** The version that both speak. */
  protocol: number;
}

export interface Session {
  readonly id: SessionId;
  readonly isDialler: boolean;
}

export interface Membership {
  readonly peers: Map<HostId, Peer>;
  readonly bySession: Map<SessionId, HostId>;
  heartbeatAtMs: number;
  /** Nobody is judged before: this agent itself stood still. */
  judgeFromMs: number;
  /** How late this agent's timers are. */
  lagMs: number;
  /** Lives that an operator has put out of the mesh, by `lifeKey`. */
  readonly evicted: Map<string, Life>;
  /** Since when this agent has been on the smaller side of a cut; undefined: it is not. */
  minoritySinceMs: number | undefined;
}

export const createMembership = (): Membership => ({
  peers: new Map(),
  bySession: new Map(),
  heartbeatAtMs: 0,
  judgeFromMs: 0,
  lagMs: 0,
  evicted: new Map(),
  minoritySinceMs: undefined,
});

export const findPeer = (state: AgentState, host: HostId): Peer | undefined =>
  state.membership.peers.get(host);

/** True when that host can be spoken to, and is not taken for dead. */
export const isReachable = (state: AgentState, host: HostId): boolean => {
  const peer = findPeer(state, host);
  return peer !== undefined && canSpeakTo(peer);
};

/** Peers that can be spoken to, by host. */
export const listReachable = ({ membership }: AgentState): readonly Peer[] =>
  [...membership.peers.values()].filter(canSpeakTo);

const canSpeakTo = ({ session, status }: Peer): boolean => session !== undefined && status !== 'dead';

/** How much more time than usual this agent gives others, as a factor: it is slow itself. */
export const patience = ({ membership, limits, rules }: AgentState): number =>
  rules.selfDoubt
    ? Math.min(limits.mesh.doubtMax, 1 + Math.floor(membership.lagMs / limits.mesh.doubtStepMs))
    : 1;

/** True when that peer was heard so lately that it is not suspect. */
export const isHeard = (state: AgentState, peer: Peer, nowMs: number): boolean =>
  nowMs - peer.heardAtMs < state.limits.mesh.suspectMs * patience(state);

/** Closes the connection to a peer, if there is one. */
export const dropSession = (step: Step, peer: Peer, reason: CloseReason): void => {
  if (peer.session === undefined) return;
  step.effects.push({ kind: 'closeSession', session: peer.session.id, reason });
  step.state.membership.bySession.delete(peer.session.id);
  peer.session = undefined;
  peer.closedAtMs = step.now.now;
  peer.refusedAtMs = undefined;
};

import { assert } from '../assert.ts';
import type { Ballot, HostId, Life } from '../ids.ts';
import { compareBallots, compareText, isSameLife } from '../ids.ts';
import { findPeer, isHeard } from '../membership/peers.ts';
import type { AgentState, Step } from '../state.ts';
import { lifeOf } from '../state.ts';

/**
 * What an agent is to its mesh.
 *
 *     listening -> following <-> canvassing -> leading
 *                      ^______________________|   (a higher ballot, or it resigns)
 */
export type Role =
  /** Just started: somebody may lead already. */
  | { readonly kind: 'listening'; readonly untilMs: number }
  | { readonly kind: 'following' }
  | { readonly kind: 'canvassing'; readonly phase: CanvassPhase }
  | { readonly kind: 'leading'; readonly ballot: Ballot; collect: Collect | undefined };

export type CanvassPhase =
  /** Waiting for answers. */
  | {
      readonly kind: 'asking';
      readonly round: number;
      readonly untilMs: number;
      readonly asked: ReadonlySet<HostId>;
      /** Whether each hears a coordinator. */
      readonly answers: Map<HostId, boolean>;
    }
  /** Letting those that come first go first. */
  | { readonly kind: 'standing'; readonly untilMs: number }
  /** Most of the others hear a coordinator, or this agent is not to be one. */
  | { readonly kind: 'resting'; readonly untilMs: number };

/** A new coordinator waits until these have told what they hold; undefined in the role: it waits no more. */
export interface Collect {
  readonly untilMs: number;
  readonly missing: Set<HostId>;
}

export interface Election {
  role: Role;
  /** The highest ballot seen; undefined: none. */
  highest: Ballot | undefined;
  /** The highest `n` of any ballot seen or known. */
  n: number;
  round: number;
  /** When the highest ballot was first heard of. */
  followedAtMs: number;
  /** A ballot whose coordinator has said that it leads no more. */
  resigned: Ballot | undefined;
  /** Whom people were last told that this agent follows. */
  told: Life | undefined;
}

export const createElection = (): Election => ({
  role: { kind: 'following' },
  highest: undefined,
  n: 0,
  round: 0,
  followedAtMs: 0,
  resigned: undefined,
  told: undefined,
});

/** The ballot under which this agent leads; undefined: it does not. */
export const findOwnBallot = ({ election }: AgentState): Ballot | undefined =>
  election.role.kind === 'leading' ? election.role.ballot : undefined;

export const isLeader = ({ election }: AgentState): boolean => election.role.kind === 'leading';

/** True when this agent leads and knows what the others hold, so that it may grant. */
export const isOpen = ({ election: { role } }: AgentState): boolean =>
  role.kind === 'leading' && role.collect === undefined;

/** Compares ballots as this agent does. */
export const compareClaims = ({ rules }: AgentState, a: Ballot, b: Ballot): number =>
  rules.uniqueBallots ? compareBallots(a, b) : a.n - b.n || compareText(a.life.host, b.life.host);

/**
 * The life that this agent follows and hears, itself included; undefined: there is none. A coordinator that was started
 * anew is another one: who took it for the same would wait for ever for a host that does not lead.
 */
export const findLeader = (state: AgentState, nowMs: number): Life | undefined => {
  const { highest, resigned, role } = state.election;
  if (role.kind === 'leading') return role.ballot.life;
  if (highest === undefined || highest.life.host === lifeOf(state).host) return undefined;
  if (resigned !== undefined && compareClaims(state, resigned, highest) === 0) return undefined;
  const peer = findPeer(state, highest.life.host);
  if (peer?.session === undefined || peer.isLeaving || !isHeard(state, peer, nowMs)) return undefined;
  if (state.rules.uniqueBallots && !isSameLife(peer.hello.life, highest.life)) return undefined;
  return highest.life;
};

export const becomeFollowing = ({ election }: AgentState): void => {
  election.role = { kind: 'following' };
};

export const becomeCanvassing = ({ election }: AgentState, phase: CanvassPhase): void => {
  assert(election.role.kind !== 'leading', 'a coordinator canvasses');
  election.role = { kind: 'canvassing', phase };
};

export const becomeLeading = ({ election }: AgentState, ballot: Ballot, collect: Collect): void => {
  assert(election.role.kind !== 'leading', 'an agent that leads comes to lead');
  election.role = { kind: 'leading', ballot, collect };
  election.highest = ballot;
  election.n = Math.max(election.n, ballot.n);
};

/** Tells people when whom this agent follows has changed. */
export const noteLeader = ({ state, now, effects }: Step): void => {
  const { election } = state;
  const leader = findLeader(state, now.now);
  const isSame =
    leader === undefined
      ? election.told === undefined
      : election.told !== undefined && isSameLife(leader, election.told);
  if (isSame) return;
  election.told = leader;
  effects.push({ kind: 'note', note: { kind: 'leader', host: leader?.host, isMe: isLeader(state) } });
};

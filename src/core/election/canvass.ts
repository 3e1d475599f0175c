import { never } from '../assert.ts';
import type { HostId } from '../ids.ts';
import { compareText, isSameLife } from '../ids.ts';
import { findPeer, isHeard, listReachable, type Peer } from '../membership/peers.ts';
import { sendPeer } from '../membership/send.ts';
import type { Eligibility, Message } from '../message.ts';
import type { AgentState, Step } from '../state.ts';
import { lifeOf } from '../state.ts';
import { hearBallot } from './ballots.ts';
import { lead } from './lead.ts';
import { becomeCanvassing, becomeFollowing, findLeader } from './role.ts';

type Canvass = Extract<Message, { readonly kind: 'canvass' }>;
type Canvassed = Extract<Message, { readonly kind: 'canvassed' }>;

/** Moves the election on: who has no coordinator asks the others, and leads when they have none either. */
export const advanceElection = (step: Step): void => {
  const { state, now } = step;
  const { role } = state.election;
  if (role.kind === 'leading') return;
  const hasLeader = findLeader(state, now.now) !== undefined;
  if (hasLeader) {
    if (role.kind !== 'following') becomeFollowing(state);
    return;
  }
  switch (role.kind) {
    case 'listening':
      if (now.now >= role.untilMs) canvass(step);
      break;
    case 'following':
      if (now.now >= findPatienceEnd(state)) canvass(step);
      break;
    case 'canvassing':
      advanceCanvass(step);
      break;
    default:
      never(role);
  }
};

/** When the election next moves by itself. */
export const findElectionDeadline = ({ state, now }: Step): number | undefined => {
  const { role, highest } = state.election;
  switch (role.kind) {
    case 'listening':
      return role.untilMs;
    case 'canvassing':
      return role.phase.untilMs;
    case 'leading':
      return role.collect?.untilMs;
    case 'following': {
      if (findLeader(state, now.now) === undefined) return findPatienceEnd(state);
      const peer = highest && findPeer(state, highest.life.host);
      return peer && peer.heardAtMs + state.limits.mesh.suspectMs;
    }
  }
};

export const answerCanvass = (step: Step, peer: Peer, { round, ballot }: Canvass): void => {
  const { state, now } = step;
  if (ballot !== undefined) hearBallot(step, peer, ballot);
  const leader = findLeader(state, now.now);
  // Who asks does not lead, whatever was heard of it: or all would wait for it, and it for them.
  const leaderOk = leader !== undefined && leader.host !== peer.hello.life.host;
  sendPeer(step, peer, { kind: 'canvassed', round, leaderOk, ballot: state.election.highest });
};

export const hearCanvassed = (step: Step, peer: Peer, { round, leaderOk, ballot }: Canvassed): void => {
  hearBallot(step, peer, ballot);
  const { role } = step.state.election;
  if (role.kind !== 'canvassing' || role.phase.kind !== 'asking' || role.phase.round !== round) return;
  role.phase.answers.set(peer.hello.life.host, leaderOk);
};

/**
 * When a follower without a coordinator begins to ask: at once when it fell silent, a moment after its connection ended. One
 * that it only heard of gets time to call: or, after a cut, two coordinators that hear of each other before they hear each
 * other would depose each other for as long as that lasts.
 */
const findPatienceEnd = (state: AgentState): number => {
  const { highest, followedAtMs } = state.election;
  if (highest === undefined || highest.life.host === lifeOf(state).host) return 0;
  const { suspectMs, closedMs } = state.limits.mesh;
  const peer = findPeer(state, highest.life.host);
  if (peer === undefined || !isSameLife(peer.hello.life, highest.life)) return followedAtMs + suspectMs;
  if (peer.closedAtMs === undefined) return 0;
  return peer.closedAtMs < followedAtMs ? followedAtMs + suspectMs : peer.closedAtMs + closedMs;
};

const canvass = (step: Step): void => {
  const { state, now } = step;
  const { election, limits, rules } = state;
  if (eligibilityOf(state) === 'never' || now.now < state.membership.judgeFromMs) {
    rest(step);
    return;
  }
  const asked = listReachable(state).filter((peer) => isHeard(state, peer, now.now));
  if (asked.length === 0) {
    lead(step);
    return;
  }
  if (!rules.canvassVeto) {
    stand(step);
    return;
  }
  election.round += 1;
  const { round } = election;
  for (const peer of asked) sendPeer(step, peer, { kind: 'canvass', round, ballot: election.highest });
  becomeCanvassing(state, {
    kind: 'asking',
    round,
    untilMs: now.now + limits.mesh.canvassMs,
    asked: new Set(asked.map((peer) => peer.hello.life.host)),
    answers: new Map(),
  });
};

const advanceCanvass = (step: Step): void => {
  const { state, now } = step;
  const { role } = state.election;
  if (role.kind !== 'canvassing') return;
  const { phase } = role;
  switch (phase.kind) {
    case 'asking': {
      const isWhole = [...phase.asked].every(
        (host) => phase.answers.has(host) || !findPeer(state, host)?.session,
      );
      if (!isWhole && now.now < phase.untilMs) return;
      const vetoes = [...phase.answers.values()].filter(Boolean).length;
      // The others hear it: then this agent's own link is broken, and a second coordinator would only cost them.
      if (vetoes * 2 > phase.answers.size) rest(step);
      else stand(step);
      break;
    }
    case 'standing':
      if (now.now >= phase.untilMs) lead(step);
      break;
    case 'resting':
      if (now.now >= phase.untilMs) canvass(step);
      break;
  }
};

const rest = ({ state, now }: Step): void =>
  becomeCanvassing(state, { kind: 'resting', untilMs: now.now + state.limits.mesh.canvassPauseMs });

/** Waits for each candidate that goes before: a host that is preferred, or one that is lower by name. */
const stand = (step: Step): void => {
  const { state, now } = step;
  const place = state.rules.staggerCandidates ? findPlace(step) : 0;
  if (place === 0) {
    lead(step);
    return;
  }
  becomeCanvassing(state, { kind: 'standing', untilMs: now.now + place * state.limits.mesh.staggerMs });
};

const findPlace = ({ state, now }: Step): number => {
  const me = { host: lifeOf(state).host, eligibility: eligibilityOf(state) };
  const rivals = listReachable(state)
    .filter((peer) => !peer.isLeaving && isHeard(state, peer, now.now))
    .map(({ hello }) => ({ host: hello.life.host, eligibility: hello.eligibility }))
    .filter(({ eligibility }) => eligibility !== 'never');
  return rivals.filter((rival) => compareCandidates(rival, me) < 0).length;
};

interface Candidate {
  readonly host: HostId;
  readonly eligibility: Eligibility;
}

const compareCandidates = (a: Candidate, b: Candidate): number =>
  Number(b.eligibility === 'prefer') - Number(a.eligibility === 'prefer') || compareText(a.host, b.host);

/** An agent that goes does not come to lead, whatever it was told. */
const eligibilityOf = ({ mesh, stopping, membership }: AgentState): Eligibility =>
  stopping !== undefined && membership.bySession.size > 0 ? 'never' : mesh.eligibility;

import { markDirty } from '../dispatch/dirty.ts';
import { adoptOwn, disown } from '../dispatch/owners.ts';
import type { Ballot } from '../ids.ts';
import { listReachable, type Peer } from '../membership/peers.ts';
import { sendAll } from '../membership/send.ts';
import type { Message } from '../message.ts';
import type { Step } from '../state.ts';
import { lifeOf } from '../state.ts';
import { hearBallot } from './ballots.ts';
import { becomeFollowing, becomeLeading, compareClaims, findOwnBallot } from './role.ts';

/** Becomes the coordinator under a ballot that nobody has had, and asks the living what they hold. */
export const lead = (step: Step): void => {
  const { state, now } = step;
  const { election, limits, rules } = state;
  const ballot: Ballot = { n: election.n + 1, life: lifeOf(state) };
  const missing = rules.collectHolds ? listReachable(state).map((peer) => peer.hello.life.host) : [];
  becomeLeading(state, ballot, { untilMs: now.now + limits.mesh.collectMs, missing: new Set(missing) });
  sendAll(step, { kind: 'lead', ballot });
  adoptOwn(step);
  openWhenCollected(step);
};

/** Grants only when all that can be asked have answered, or have had their time: who grants earlier grants twice. */
export const openWhenCollected = (step: Step): void => {
  const { state, now } = step;
  const { role } = state.election;
  if (role.kind !== 'leading' || role.collect === undefined) return;
  const { missing, untilMs } = role.collect;
  for (const host of missing) if (!state.membership.peers.get(host)?.session) missing.delete(host);
  if (missing.size > 0 && now.now < untilMs) return;
  role.collect = undefined;
  markDirty(state);
};

export const hearLead = (step: Step, peer: Peer, { ballot }: Extract<Message, { kind: 'lead' }>): void =>
  hearBallot(step, peer, ballot);

/** Leads no more, when there is somebody else who can. */
export const resign = (step: Step): void => {
  const { state } = step;
  const ballot = findOwnBallot(state);
  if (ballot === undefined || !state.rules.resign) return;
  const heirs = listReachable(state).filter(
    ({ hello, isLeaving }) => hello.eligibility !== 'never' && !isLeaving,
  );
  if (heirs.length === 0) return;
  sendAll(step, { kind: 'resign', ballot });
  state.election.resigned = ballot;
  disown(state);
  becomeFollowing(state);
};

/** The coordinator goes: its connection counts as closed. */
export const hearResign = (
  step: Step,
  peer: Peer,
  { ballot }: Extract<Message, { kind: 'resign' }>,
): void => {
  const { election } = step.state;
  hearBallot(step, peer, ballot);
  if (election.highest !== undefined && compareClaims(step.state, ballot, election.highest) === 0) {
    election.resigned = ballot;
  }
};

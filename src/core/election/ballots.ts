import { disown } from '../dispatch/owners.ts';
import type { Ballot } from '../ids.ts';
import type { Peer } from '../membership/peers.ts';
import { sendPeer } from '../membership/send.ts';
import type { Step } from '../state.ts';
import { becomeFollowing, compareClaims, findOwnBallot } from './role.ts';

/** A ballot that a peer has seen: a higher one than any before is followed, a lower one is answered by who leads. */
export const hearBallot = (step: Step, peer: Peer, ballot: Ballot | undefined): void => {
  const { state } = step;
  peer.ballot = ballot;
  if (ballot === undefined) {
    announceBallot(step, peer);
    return;
  }
  const { election } = state;
  election.n = Math.max(election.n, ballot.n);
  const order = election.highest === undefined ? 1 : compareClaims(state, ballot, election.highest);
  if (order > 0) follow(step, ballot);
  else if (order < 0) announceBallot(step, peer);
};

/** Tells a peer who leads, when this agent does. */
export const announceBallot = (step: Step, peer: Peer): void => {
  const ballot = findOwnBallot(step.state);
  if (ballot !== undefined) sendPeer(step, peer, { kind: 'lead', ballot });
};

/** True when a command under this ballot is to be obeyed: a deposed coordinator knows no better, and is not. */
export const obeys = (step: Step, peer: Peer, ballot: Ballot): boolean => {
  hearBallot(step, peer, ballot);
  const { highest } = step.state.election;
  if (!step.state.rules.refuseLowerBallots) return true;
  return highest !== undefined && compareClaims(step.state, ballot, highest) === 0;
};

const follow = (step: Step, ballot: Ballot): void => {
  const { state } = step;
  const { election } = state;
  election.highest = ballot;
  election.followedAtMs = step.now.now;
  if (election.role.kind === 'leading') {
    if (!state.rules.stepDown) return;
    disown(state);
  }
  becomeFollowing(state);
  // At once: the new coordinator waits for it.
  state.holdAtMs = 0;
};

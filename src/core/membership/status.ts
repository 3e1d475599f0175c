import { markDirty } from '../dispatch/dirty.ts';
import { loseLife } from '../dispatch/lose.ts';
import type { PeerStatus } from '../effect.ts';
import type { Step } from '../state.ts';
import type { Peer } from './peers.ts';

/**
 * Moves a peer between the states of its life, as this agent sees it:
 *
 *     alive <-> suspect -> dead
 *        ^         |        |
 *        +---------+--------+   (it is heard again)
 *     any -> left               (it said so, and its connection is gone)
 */
export const becomeAlive = (step: Step, peer: Peer): void => {
  if (peer.status === 'alive') return;
  setStatus(step, peer, 'alive');
  markDirty(step.state);
};

export const becomeSuspect = (step: Step, peer: Peer): void => {
  if (peer.status !== 'alive') return;
  setStatus(step, peer, 'suspect');
};

/** Its work is given to others. */
export const becomeGone = (step: Step, peer: Peer, status: 'dead' | 'left'): void => {
  if (peer.status === status) return;
  setStatus(step, peer, status);
  loseLife(step, peer.hello.life);
};

const setStatus = (step: Step, peer: Peer, status: PeerStatus): void => {
  peer.status = status;
  step.effects.push({ kind: 'note', note: { kind: 'peer', host: peer.hello.life.host, status } });
};

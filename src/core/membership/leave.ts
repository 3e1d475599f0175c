import { resign } from '../election/lead.ts';
import type { Step } from '../state.ts';
import type { Peer } from './peers.ts';
import { sendAll, sendPeer } from './send.ts';

/** Tells the others that this agent goes, so that nobody misses it. */
export const sayFarewell = (step: Step, mode: 'drain' | 'now'): void => {
  resign(step);
  sendAll(step, { kind: 'leave', mode });
};

/** Tells the same to one that has come since, or has come back: it may have missed it, and would wait for work from here. */
export const repeatFarewell = (step: Step, peer: Peer): void => {
  const { stopping } = step.state;
  if (stopping === undefined) return;
  resign(step);
  sendPeer(step, peer, { kind: 'leave', mode: stopping });
};

/** It grants and takes no more; what it runs it may still finish. When its connection ends, it has left. */
export const hearFarewell = (peer: Peer): void => {
  peer.isLeaving = true;
  if (peer.load !== undefined) peer.load = { ...peer.load, usable: 0, givable: 0 };
};

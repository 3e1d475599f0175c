import { resign } from '../election/lead.ts';
import type { Step } from '../state.ts';
import type { Peer } from './peers.ts';
import { sendAll } from './send.ts';

/** Tells the others that this agent goes, so that nobody misses it. */
export const sayFarewell = (step: Step, mode: 'drain' | 'now'): void => {
  resign(step);
  sendAll(step, { kind: 'leave', mode });
};

/** It grants and takes no more; what it runs it may still finish. When its connection ends, it has left. */
export const hearFarewell = (peer: Peer): void => {
  peer.isLeaving = true;
  if (peer.load !== undefined) peer.load = { ...peer.load, usable: 0, givable: 0 };
};

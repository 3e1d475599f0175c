import { markDirty } from '../dispatch/dirty.ts';
import { measureLoad } from '../dispatch/load.ts';
import { hearBallot } from '../election/ballots.ts';
import { hearHave, takeNews } from '../files/have.ts';
import type { Load, Message } from '../message.ts';
import { drawShare } from '../random.ts';
import type { Step } from '../state.ts';
import { listReachable, type Peer } from './peers.ts';
import { sendPeer } from './send.ts';

type Heartbeat = Extract<Message, { readonly kind: 'heartbeat' }>;

/** Tells all peers that this agent lives, when it is time. */
export const beat = (step: Step): void => {
  const { state, now } = step;
  const { membership, limits } = state;
  if (now.now < membership.heartbeatAtMs) return;
  // Agents that were started together do not all speak at the same moment for ever.
  const jitter = 0.95 + 0.1 * drawShare(state.random);
  membership.heartbeatAtMs = now.now + limits.mesh.heartbeatMs * jitter;
  for (const peer of listReachable(state)) sendHeartbeat(step, peer);
  // What no host should have had has waited a second longer.
  for (const plan of state.plans) if (plan.passedOver.size > 0) plan.isDirty = true;
};

export const sendHeartbeat = (step: Step, peer: Peer): void => {
  const { state } = step;
  sendPeer(step, peer, {
    kind: 'heartbeat',
    ballot: state.election.highest,
    load: measureLoad(step),
    have: takeNews(state, peer.hello.life.host),
  });
};

export const hearHeartbeat = (step: Step, peer: Peer, { ballot, load, have }: Heartbeat): void => {
  const before = peer.load;
  peer.load = load;
  if (before === undefined || hasMoreRoom(before, load)) markDirty(step.state);
  hearHave(step, peer.hello.life.host, have);
  hearBallot(step, peer, ballot);
};

const hasMoreRoom = (before: Load, now: Load): boolean =>
  now.usable !== before.usable ||
  (now.memoryFreeBytes ?? 0) > (before.memoryFreeBytes ?? 0) ||
  (now.diskFreeBytes ?? 0) > (before.diskFreeBytes ?? 0);

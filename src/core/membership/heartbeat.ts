import { markDirty } from '../dispatch/dirty.ts';
import { measureLoad } from '../dispatch/load.ts';
import { hearBallot } from '../election/ballots.ts';
import { hearHave, takeNews } from '../files/have.ts';
import type { SessionId } from '../ids.ts';
import { compareBallots } from '../ids.ts';
import type { Load, Message } from '../message.ts';
import { drawShare } from '../random.ts';
import type { AgentState, Step } from '../state.ts';
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
  const peers = listReachable(state);
  if (peers.length > 0) {
    const load = measureLoad(step);
    for (const peer of peers) sendHeartbeat(step, peer, load);
  }
  // What does not fit beside what runs here was kept for this host: another one may be the better place by now.
  for (const plan of state.plans) if (plan.passedOver.size > 0) plan.isDirty = true;
};

export const sendHeartbeat = (step: Step, peer: Peer, load = measureLoad(step)): void => {
  const { state } = step;
  sendPeer(step, peer, {
    kind: 'heartbeat',
    ballot: state.election.highest,
    load,
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

/**
 * Takes a heartbeat that says nothing new, and says true: nothing follows from it but that its sender lives. Of a hundred
 * heartbeats more than ninety are so, and of all events most are heartbeats. False: it is to be heard like any other.
 */
export const hearQuietly = (
  state: AgentState,
  session: SessionId,
  beat: Heartbeat,
  nowMs: number,
): boolean => {
  const { membership, election, wakeAtMs } = state;
  if (wakeAtMs === undefined || nowMs >= wakeAtMs || beat.have.length > 0) return false;
  const host = membership.bySession.get(session);
  const peer = host === undefined ? undefined : membership.peers.get(host);
  if (peer?.load === undefined || peer.status !== 'alive') return false;
  const { highest, role } = election;
  if (role.kind !== 'following' && role.kind !== 'leading') return false;
  if (highest === undefined || peer.ballot === undefined || beat.ballot === undefined) return false;
  if (compareBallots(beat.ballot, highest) !== 0 || compareBallots(peer.ballot, highest) !== 0) return false;
  if (!isSameRoom(peer.load, beat.load)) return false;
  peer.heardAtMs = nowMs;
  peer.load = beat.load;
  return true;
};

const isSameRoom = (before: Load, now: Load): boolean =>
  now.usable === before.usable &&
  now.queued === before.queued &&
  now.givable === before.givable &&
  now.memoryFreeBytes === before.memoryFreeBytes &&
  now.diskFreeBytes === before.diskFreeBytes;

const hasMoreRoom = (before: Load, now: Load): boolean =>
  now.usable !== before.usable ||
  (now.memoryFreeBytes ?? 0) > (before.memoryFreeBytes ?? 0) ||
  (now.diskFreeBytes ?? 0) > (before.diskFreeBytes ?? 0);

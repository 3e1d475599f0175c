import type { HostId } from '../ids.ts';
import type { Message, Protocol } from '../message.ts';
import type { Step } from '../state.ts';
import { findPeer, listReachable, type Peer } from './peers.ts';

/** Sends to a host, when there is a connection to it and it speaks a version that knows such messages. */
export const sendTo = (step: Step, host: HostId, message: Message): void => {
  const peer = findPeer(step.state, host);
  if (peer !== undefined) sendPeer(step, peer, message);
};

export const sendPeer = ({ effects }: Step, { session, protocol }: Peer, message: Message): void => {
  if (session === undefined || sinceOf[message.kind] > protocol) return;
  effects.push({ kind: 'send', session: session.id, message });
};

/** Sends to every peer that can be spoken to. */
export const sendAll = (step: Step, message: Message): void => {
  for (const peer of listReachable(step.state)) sendPeer(step, peer, message);
};

/** The highest version that both speak; undefined: there is none. */
export const agreeProtocol = (a: Protocol, b: Protocol): number | undefined => {
  const newest = Math.min(a.newest, b.newest);
  return newest >= Math.max(a.oldest, b.oldest) ? newest : undefined;
};

/**
 * The version from which on a message may be sent. A peer of an older one does not get it; each of these messages can be
 * done without: what a peer is not asked for, or does not ask for, is repaired by `hold`, `vector` and the coordinator.
 */
export const sinceOf: Readonly<Record<Message['kind'], number>> = {
  heartbeat: 1,
  probe: 1,
  probed: 1,
  leave: 1,
  canvass: 1,
  canvassed: 1,
  lead: 1,
  resign: 1,
  hold: 1,
  grant: 1,
  drop: 1,
  cancel: 1,
  entries: 1,
  vector: 1,
  plans: 1,
  started: 1,
  returned: 1,
  // Economy: without these a mesh is slower, no more.
  retract: 2,
  steal: 2,
  give: 2,
  none: 2,
  taken: 2,
  ask: 2,
  nothave: 2,
  moved: 2,
  copy: 2,
  evicted: 2,
};

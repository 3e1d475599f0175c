import { loseLife } from '../dispatch/lose.ts';
import { forgetHolder } from '../files/have.ts';
import type { HostId, Life } from '../ids.ts';
import { isSameLife, lifeKey } from '../ids.ts';
import type { Message } from '../message.ts';
import type { Step } from '../state.ts';
import { lifeOf } from '../state.ts';
import { dropSession, findPeer, type Peer } from './peers.ts';
import { sendAll, sendPeer } from './send.ts';

/** So many evictions are remembered, far more than operators ask for in the life of an agent. */
const evictedMax = 256;

/** An operator of this host puts another one out of the mesh: all that can be told are, that one as well. */
export const evictHost = (step: Step, host: HostId): void => {
  const peer = findPeer(step.state, host);
  if (peer !== undefined) evict(step, [peer.hello.life]);
};

/** Everybody passes it on once: those who cannot speak to the operator's host hear it too. */
export const hearEvicted = (step: Step, { lives }: Extract<Message, { readonly kind: 'evicted' }>): void => {
  const { evicted } = step.state.membership;
  const fresh = lives.slice(0, evictedMax).filter((life) => !evicted.has(lifeKey(life)));
  if (fresh.length > 0) evict(step, fresh);
};

/** Tells one that has just come which lives are over, or it would hold on to them. */
export const tellEvictions = (step: Step, peer: Peer): void => {
  const lives = [...step.state.membership.evicted.values()];
  if (lives.length > 0) sendPeer(step, peer, { kind: 'evicted', lives });
};

/**
 * Nothing is left of a host: nobody waits for it, nor counts it. Of what it told and built nothing is lost; when it comes again it
 * is as new.
 */
export const forgetPeer = ({ state }: Step, { hello }: Peer): void => {
  state.membership.peers.delete(hello.life.host);
  forgetHolder(state, hello.life.host);
};

const evict = (step: Step, lives: readonly Life[]): void => {
  const { evicted } = step.state.membership;
  sendAll(step, { kind: 'evicted', lives });
  for (const life of lives) {
    evicted.set(lifeKey(life), life);
    endLife(step, life);
  }
  for (const key of [...evicted.keys()].slice(0, Math.max(0, evicted.size - evictedMax))) evicted.delete(key);
};

/** A later life of that host, where there is one, is left alone. */
const endLife = (step: Step, life: Life): void => {
  const { state, effects } = step;
  const { host } = life;
  if (isSameLife(life, lifeOf(state))) {
    effects.push({ kind: 'note', note: { kind: 'hostEvicted', host, isMe: true } });
    return;
  }
  const peer = findPeer(state, host);
  if (peer !== undefined && isSameLife(peer.hello.life, life)) {
    effects.push({ kind: 'note', note: { kind: 'hostEvicted', host, isMe: false } });
    dropSession(step, peer, 'evicted');
    forgetPeer(step, peer);
  }
  loseLife(step, life);
};

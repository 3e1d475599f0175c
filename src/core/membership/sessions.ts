import { assert } from '../assert.ts';
import { loseLife } from '../dispatch/lose.ts';
import type { CloseReason } from '../effect.ts';
import { announceBallot } from '../election/ballots.ts';
import { forgetHolder, restartNews } from '../files/have.ts';
import type { SessionId } from '../ids.ts';
import { isSameLife, lifeKey } from '../ids.ts';
import type { Event } from '../input.ts';
import { sendVector } from '../journal/exchange.ts';
import type { Hello } from '../message.ts';
import type { Step } from '../state.ts';
import { lifeOf } from '../state.ts';
import { tellPlans } from '../words.ts';
import { tellEvictions } from './evict.ts';
import { sendHeartbeat } from './heartbeat.ts';
import { repeatFarewell } from './leave.ts';
import { dropSession, type Peer } from './peers.ts';
import { agreeProtocol } from './send.ts';
import { becomeAlive, becomeGone, becomeSuspect } from './status.ts';

type SessionUp = Extract<Event, { readonly kind: 'sessionUp' }>;

/** A connection is open: it is kept, or one of the two that there are now, or it is refused. */
export const openSession = (step: Step, { session, hello, isDialler }: SessionUp): void => {
  const { state } = step;
  const reason = judgeHello(step, hello);
  if (reason !== undefined) {
    step.effects.push({ kind: 'closeSession', session, reason });
    step.effects.push({ kind: 'note', note: { kind: 'refused', host: hello.life.host, reason } });
    return;
  }
  const { host } = hello.life;
  const known = state.membership.peers.get(host);
  const isNewLife = known === undefined || !isSameLife(known.hello.life, hello.life);
  if (known !== undefined && isNewLife) endLife(step, known);
  const peer = isNewLife ? addPeer(step, hello) : known;
  if (peer.session !== undefined && !isBetter(step, peer, { isDialler }, peer.session)) {
    step.effects.push({ kind: 'closeSession', session, reason: 'superseded' });
    return;
  }
  dropSession(step, peer, 'superseded');
  peer.hello = hello;
  peer.session = { id: session, isDialler };
  state.membership.bySession.set(session, host);
  greet(step, peer);
};

/** A connection is gone: whoever was at its other end is suspect at once. */
export const closeSession = (step: Step, session: SessionId): void => {
  const { membership } = step.state;
  const host = membership.bySession.get(session);
  const peer = host === undefined ? undefined : membership.peers.get(host);
  membership.bySession.delete(session);
  if (peer?.session?.id !== session) return;
  peer.session = undefined;
  peer.closedAtMs = step.now.now;
  peer.refusedAtMs = undefined;
  if (peer.isLeaving) becomeGone(step, peer, 'left');
  else becomeSuspect(step, peer);
};

/** Why an agent is refused; undefined: it is not. */
const judgeHello = ({ state }: Step, hello: Hello): CloseReason | undefined => {
  const { mesh, rules, membership } = state;
  if (hello.mesh !== mesh.id) return 'mesh';
  if (agreeProtocol(mesh.protocol, hello.protocol) === undefined) return 'protocol';
  const me = lifeOf(state);
  if (hello.life.host === me.host) return 'cloned';
  if (membership.evicted.has(lifeKey(hello.life))) return 'evicted';
  const peer = membership.peers.get(hello.life.host);
  if (peer === undefined || isSameLife(peer.hello.life, hello.life)) return undefined;
  const known = peer.hello;
  // Once the one that was here is gone, the other may have the name, though a copy may have started more often.
  if (peer.status === 'dead' || peer.status === 'left') return undefined;
  // A copied state directory gives two agents one name, and one of them the facts and grants of the other.
  if (hello.life.incarnation === known.life.incarnation) return rules.refuseClones ? 'cloned' : undefined;
  return hello.life.incarnation < known.life.incarnation ? 'stale' : undefined;
};

/** A later life of that host has come: what the earlier one held is nobody's, what it had is to be told anew. */
const endLife = (step: Step, peer: Peer): void => {
  dropSession(step, peer, 'superseded');
  loseLife(step, peer.hello.life);
  forgetHolder(step.state, peer.hello.life.host);
};

const addPeer = ({ state, now }: Step, hello: Hello): Peer => {
  const protocol = agreeProtocol(state.mesh.protocol, hello.protocol);
  assert(protocol !== undefined, 'a peer without a version in common was not refused');
  const peer: Peer = {
    hello,
    session: undefined,
    status: 'suspect',
    heardAtMs: now.now,
    closedAtMs: undefined,
    isLeaving: false,
    vouchedAtMs: undefined,
    probedAtMs: undefined,
    refusedAtMs: undefined,
    load: undefined,
    ballot: undefined,
    plans: new Set(),
    unfit: new Set(),
    protocol,
  };
  state.membership.peers.set(hello.life.host, peer);
  return peer;
};

/**
 * Of two connections to one agent both ends keep the one that the lower host opened, so that they need not talk about it.
 * Of two that one host opened the later one is kept: it would not have called if the earlier one worked. One that has been
 * silent, and may be broken at the other end alone, is never kept.
 */
const isBetter = (
  { state }: Step,
  { status, hello }: Peer,
  opened: { readonly isDialler: boolean },
  held: { readonly isDialler: boolean },
): boolean => {
  if (opened.isDialler === held.isDialler || status !== 'alive') return true;
  return opened.isDialler === lifeOf(state).host < hello.life.host;
};

/** What an agent says first: that it lives and whom it follows, which plans it has and what it knows of them. */
const greet = (step: Step, peer: Peer): void => {
  const { state, now } = step;
  peer.heardAtMs = now.now;
  peer.closedAtMs = undefined;
  peer.isLeaving = false;
  becomeAlive(step, peer);
  restartNews(state, peer.hello.life.host);
  tellPlans(step, peer);
  sendHeartbeat(step, peer);
  announceBallot(step, peer);
  tellEvictions(step, peer);
  repeatFarewell(step, peer);
  sendVector(step, peer, { isAnswer: false });
};

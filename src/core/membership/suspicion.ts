import { type Alarm, consider } from '../alarm.ts';
import { loseUnreachable } from '../dispatch/lose.ts';
import type { HostId } from '../ids.ts';
import { compareText } from '../ids.ts';
import type { Message } from '../message.ts';
import { drawIndex } from '../random.ts';
import type { Step } from '../state.ts';
import { forgetPeer } from './evict.ts';
import { dropSession, findPeer, isHeard, listReachable, type Peer, patience } from './peers.ts';
import { sendPeer } from './send.ts';
import { becomeAlive, becomeGone, becomeSuspect } from './status.ts';

/** Something of that peer has come: it lives. */
export const hearPeer = (step: Step, peer: Peer): void => {
  peer.heardAtMs = step.now.now;
  becomeAlive(step, peer);
};

/**
 * This agent stood still when its own wake came late: then the silence of others is its own. They are given another chance,
 * or it would take them all for dead and build what they build.
 */
export const guardTickGap = (step: Step): void => {
  const { state, now } = step;
  const { membership, limits, rules, wakeAtMs } = state;
  if (!rules.tickGapGuard || wakeAtMs === undefined) return;
  if (now.now - wakeAtMs <= limits.mesh.tickGapMs) return;
  for (const peer of membership.peers.values()) peer.heardAtMs = now.now;
  membership.judgeFromMs = now.now + limits.mesh.judgePauseMs;
  membership.heartbeatAtMs = now.now;
};

/** Judges the silent ones: suspect, asked for, dead, forgotten. */
export const judgeSilence = (step: Step): void => {
  const { state, now } = step;
  const { membership, limits, rules } = state;
  if (now.now < membership.judgeFromMs || !rules.declareDead) return;
  for (const peer of membership.peers.values()) {
    if (peer.status === 'dead' || peer.status === 'left') {
      const isForgotten = peer.session === undefined && now.now - peer.heardAtMs >= limits.mesh.forgetMs;
      if (isForgotten) forgetPeer(step, peer);
      continue;
    }
    if (!isHeard(state, peer, now.now)) becomeSuspect(step, peer);
    if (peer.status !== 'suspect') continue;
    askOthers(step, peer);
    const deadMs = limits.mesh.deadMs * patience(state);
    if (now.now - (peer.closedAtMs ?? now.now) >= deadMs) loseUnreachable(step, peer.hello.life);
    if (now.now - lastSign(peer) < deadMs) continue;
    dropSession(step, peer, 'silent');
    becomeGone(step, peer, 'dead');
  }
};

/** Nobody listens where that host was: twice, a second apart, and it is dead without waiting for its silence. */
export const hearRefusal = (step: Step, host: HostId): void => {
  const { state, now } = step;
  const peer = findPeer(state, host);
  if (peer === undefined || peer.session !== undefined || peer.status !== 'suspect') return;
  if (peer.refusedAtMs === undefined) peer.refusedAtMs = now.now;
  else if (now.now - peer.refusedAtMs >= state.limits.mesh.heartbeatMs) becomeGone(step, peer, 'dead');
};

export const answerProbe = (step: Step, asker: Peer, host: HostId): void => {
  const peer = findPeer(step.state, host);
  const heardAgoMs =
    peer?.session === undefined || peer.status === 'dead' ? undefined : step.now.now - peer.heardAtMs;
  sendPeer(step, asker, { kind: 'probed', host, heardAgoMs });
};

/** Another one hears it: then the link to it is broken, not the host. */
export const hearProbed = (step: Step, { host, heardAgoMs }: Extract<Message, { kind: 'probed' }>): void => {
  const peer = findPeer(step.state, host);
  if (peer === undefined || heardAgoMs === undefined) return;
  peer.vouchedAtMs = Math.max(peer.vouchedAtMs ?? 0, step.now.now - Math.max(0, heardAgoMs));
};

/** When silence next changes something. */
export const considerSilence = (step: Step, alarm: Alarm): void => {
  const { membership, limits, rules } = step.state;
  if (!rules.declareDead) return;
  const factor = patience(step.state);
  for (const peer of membership.peers.values()) {
    if (peer.status === 'alive') consider(alarm, peer.heardAtMs + limits.mesh.suspectMs * factor);
    if (peer.status === 'dead' || peer.status === 'left')
      consider(alarm, peer.heardAtMs + limits.mesh.forgetMs);
    if (peer.status !== 'suspect') continue;
    consider(alarm, lastSign(peer) + limits.mesh.deadMs * factor);
    if (peer.probedAtMs !== undefined) consider(alarm, peer.probedAtMs + limits.mesh.probeMs);
  }
};

const lastSign = (peer: Peer): number => Math.max(peer.heardAtMs, peer.vouchedAtMs ?? 0);

const askOthers = (step: Step, peer: Peer): void => {
  const { state, now } = step;
  const { mesh } = state.limits;
  if (!state.rules.indirectProbe) return;
  if (peer.probedAtMs !== undefined && now.now - peer.probedAtMs < mesh.probeMs) return;
  peer.probedAtMs = now.now;
  const { host } = peer.hello.life;
  const others = listReachable(state)
    .filter((other) => other !== peer && other.status === 'alive')
    .toSorted((a, b) => compareText(a.hello.life.host, b.hello.life.host));
  for (let asked = 0; asked < mesh.probesMax && others.length > 0; asked++) {
    const [other] = others.splice(drawIndex(state.random, others.length), 1);
    if (other !== undefined) sendPeer(step, other, { kind: 'probe', host });
  }
};

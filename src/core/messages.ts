import { never } from './assert.ts';
import { isSound } from './border.ts';
import { hearHold, hearMoved, hearStarted } from './dispatch/reconcile.ts';
import { hearReturned } from './dispatch/returned.ts';
import { obeys } from './election/ballots.ts';
import { answerCanvass, hearCanvassed } from './election/canvass.ts';
import { hearLead, hearResign } from './election/lead.ts';
import { hearCopy } from './files/copies.ts';
import type { SessionId } from './ids.ts';
import { hearEntries, hearVector } from './journal/exchange.ts';
import { hearEvicted } from './membership/evict.ts';
import { hearHeartbeat } from './membership/heartbeat.ts';
import { hearFarewell } from './membership/leave.ts';
import type { Peer } from './membership/peers.ts';
import { answerProbe, hearPeer, hearProbed } from './membership/suspicion.ts';
import type { Message } from './message.ts';
import { hearCancel, hearDrop, hearGrant, hearRetract } from './queue/commands.ts';
import type { Step } from './state.ts';
import { answerAsk, hearGive, hearNone } from './steal/thief.ts';
import { hearNotHave, hearSteal, hearTaken } from './steal/victim.ts';
import { hearPlans } from './words.ts';

/** A message has come. One of a connection that is no more is left out: who sent it says it again, or it was said before. */
export const hearMessage = (step: Step, session: SessionId, message: Message): void => {
  const { membership } = step.state;
  const host = membership.bySession.get(session);
  const peer = host === undefined ? undefined : membership.peers.get(host);
  if (peer === undefined) return;
  hearPeer(step, peer);
  // Who says such things lives; nothing else follows from it.
  if (!isSound(message)) return;
  dispatch(step, peer, message);
};

const dispatch = (step: Step, peer: Peer, message: Message): void => {
  switch (message.kind) {
    case 'heartbeat':
      hearHeartbeat(step, peer, message);
      break;
    case 'probe':
      answerProbe(step, peer, message.host);
      break;
    case 'probed':
      hearProbed(step, message);
      break;
    case 'evicted':
      hearEvicted(step, message);
      break;
    case 'leave':
      hearFarewell(peer);
      break;
    case 'canvass':
      answerCanvass(step, peer, message);
      break;
    case 'canvassed':
      hearCanvassed(step, peer, message);
      break;
    case 'lead':
      hearLead(step, peer, message);
      break;
    case 'resign':
      hearResign(step, peer, message);
      break;
    case 'hold':
      hearHold(step, peer, message);
      break;
    case 'grant':
      hearGrant(step, peer, message);
      break;
    case 'drop':
      hearDrop(step, peer, message);
      break;
    case 'cancel':
      hearCancel(step, peer, message);
      break;
    case 'retract':
      hearRetract(step, peer, message);
      break;
    case 'started':
      hearStarted(step, peer, message);
      break;
    case 'returned':
      hearReturned(step, peer.hello.life, message);
      break;
    case 'steal':
      hearSteal(step, peer, message);
      break;
    case 'give':
      hearGive(step, peer, message);
      break;
    case 'none':
      hearNone(step, message);
      break;
    case 'taken':
      hearTaken(step, peer, message);
      break;
    case 'ask':
      answerAsk(step, peer, message);
      break;
    case 'nothave':
      hearNotHave(step, message);
      break;
    case 'moved':
      hearMoved(step, peer, message);
      break;
    case 'entries':
      hearEntries(step, peer, message);
      break;
    case 'vector':
      hearVector(step, peer, message);
      break;
    case 'plans':
      hearPlans(step, peer, message);
      break;
    case 'copy':
      if (obeys(step, peer, message.ballot)) hearCopy(step, message);
      break;
    default:
      never(message);
  }
};

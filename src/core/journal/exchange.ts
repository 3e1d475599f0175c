import { findLeader } from '../election/role.ts';
import type { HostId } from '../ids.ts';
import { lifeKey } from '../ids.ts';
import { listReachable, type Peer } from '../membership/peers.ts';
import { sendPeer } from '../membership/send.ts';
import type { Message, PlanVector } from '../message.ts';
import { drawItem } from '../random.ts';
import type { PlanState, Step } from '../state.ts';
import { findPlan } from '../state.ts';
import { wantPlan } from '../words.ts';
import type { OriginLog } from './journal.ts';
import { learn } from './learn.ts';

type Vector = Extract<Message, { readonly kind: 'vector' }>;
type Entries = Extract<Message, { readonly kind: 'entries' }>;

/** Compares journals with one other agent, when it is time: what a broken connection swallowed comes so. */
export const exchangeJournals = (step: Step): void => {
  const { state, now } = step;
  if (now.now < state.vectorAtMs) return;
  state.vectorAtMs = now.now + state.limits.mesh.vectorMs;
  if (!state.rules.antiEntropy) return;
  const peer = drawItem(state.random, listReachable(state));
  if (peer !== undefined) sendVector(step, peer, { isAnswer: false });
};

/** Tells a peer how much this agent has of each plan. */
export const sendVector = (step: Step, peer: Peer, { isAnswer }: { readonly isAnswer: boolean }): void => {
  const plans = step.state.plans.map(describePlan);
  if (plans.length > 0) sendPeer(step, peer, { kind: 'vector', plans, isAnswer });
};

/** A plan has come of which nothing is known yet: one that has it is asked, the coordinator if it can be. */
export const askForEntries = (step: Step, { planId }: PlanState): void => {
  const { state, now } = step;
  const peers = listReachable(state).filter(({ plans }) => plans.has(planId));
  const leader = findLeader(state, now.now)?.host;
  const peer = peers.find(({ hello }) => hello.life.host === leader) ?? drawItem(state.random, peers);
  if (peer !== undefined) sendVector(step, peer, { isAnswer: false });
};

/**
 * Sends what the peer lacks, so much at a time, and asks for what it has more of. Where there is more to send, this agent's own
 * vector goes after it: the peer answers when it has taken all that in, and so says from where on.
 */
export const hearVector = (step: Step, peer: Peer, { plans, isAnswer }: Vector): void => {
  const { state } = step;
  const batch: Batch = { room: state.limits.mesh.entriesMax, isCut: false };
  let lacking = 0;
  for (const { planId, counts, isOver } of plans) {
    const plan = findPlan(state, planId);
    if (plan === undefined) {
      if (!isOver) wantPlan(step, peer, planId, { revision: 0, mode: 'run' });
      continue;
    }
    const theirs = new Map(counts.map(({ origin, count }) => [lifeKey(origin), count]));
    for (const [key, log] of plan.journal) sendMissing(step, peer, plan, log, theirs.get(key) ?? 0, batch);
    for (const [key, count] of theirs)
      lacking += Math.max(0, count - (plan.journal.get(key)?.entries.length ?? 0));
  }
  if (batch.isCut) sendVector(step, peer, { isAnswer: false });
  else if (lacking > 0 && !isAnswer) askForMore(step, peer, lacking);
};

/** Learns what a peer tells; a gap means that there is more to ask for. */
export const hearEntries = (step: Step, peer: Peer, { planId, entries }: Entries): void => {
  const { state, now } = step;
  const plan = findPlan(state, planId);
  if (plan === undefined) return;
  const { asked } = state;
  const { isWhole, isNew } = learn(step, plan, entries);
  if (isNew && asked?.host === peer.hello.life.host) asked.isAnswered = true;
  // While much is on its way, each new entry of anybody shows the same gap.
  const isLate = asked === undefined || now.now - asked.atMs >= askEveryMs;
  if (!isWhole && isLate && state.rules.antiEntropy) ask(step, peer);
};

/** A question that has had no answer for so long may be put to another. */
const askEveryMs = 1_000;

/** The last question of an agent for what it lacks. */
export interface Asked {
  readonly host: HostId;
  readonly atMs: number;
  /** Something new has come from there since. */
  isAnswered: boolean;
}

/** Asks for what a peer has more of. Of much of it one is asked at a time, or each of a hundred would send all of it. */
const askForMore = (step: Step, peer: Peer, lacking: number): void => {
  const { asked, limits } = step.state;
  const isOpen = asked === undefined || step.now.now - asked.atMs >= askEveryMs;
  const isNext = asked?.host === peer.hello.life.host && asked.isAnswered;
  if (isOpen || isNext || lacking < limits.mesh.entriesMax) ask(step, peer);
};

const ask = (step: Step, peer: Peer): void => {
  step.state.asked = { host: peer.hello.life.host, atMs: step.now.now, isAnswered: false };
  sendVector(step, peer, { isAnswer: true });
};

/** What one answer carries. */
interface Batch {
  /** Entries that it may still take. */
  room: number;
  /** Something was left out. */
  isCut: boolean;
}

const sendMissing = (
  step: Step,
  peer: Peer,
  { planId }: PlanState,
  { origin, entries }: OriginLog,
  known: number,
  batch: Batch,
): void => {
  if (known >= entries.length) return;
  const part = entries.slice(known, known + batch.room);
  batch.isCut ||= known + part.length < entries.length;
  batch.room -= part.length;
  if (part.length > 0)
    sendPeer(step, peer, { kind: 'entries', planId, origin, from: known + 1, entries: part });
};

const describePlan = ({ planId, journal, ending }: PlanState): PlanVector => ({
  planId,
  isOver: ending === 'complete',
  counts: [...journal.values()].map(({ origin, entries }) => ({ origin, count: entries.length })),
});

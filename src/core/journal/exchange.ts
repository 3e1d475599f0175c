import type { Entry } from '../facts/fact.ts';
import { lifeKey } from '../ids.ts';
import { listReachable, type Peer } from '../membership/peers.ts';
import { sendPeer } from '../membership/send.ts';
import type { Message, PlanVector } from '../message.ts';
import { drawItem } from '../random.ts';
import type { PlanState, Step } from '../state.ts';
import { findPlan } from '../state.ts';
import { wantPlan } from '../words.ts';
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

/** Sends what the peer lacks, and asks for what it has more of. */
export const hearVector = (step: Step, peer: Peer, { plans, isAnswer }: Vector): void => {
  const { state } = step;
  let isBehind = false;
  for (const { planId, counts, isOver } of plans) {
    const plan = findPlan(state, planId);
    if (plan === undefined) {
      if (!isOver) wantPlan(step, peer, planId, { revision: 0, mode: 'run' });
      continue;
    }
    const theirs = new Map(counts.map(({ origin, count }) => [lifeKey(origin), count]));
    for (const [key, { entries }] of plan.journal)
      sendMissing(step, peer, plan, entries, theirs.get(key) ?? 0);
    isBehind ||= counts.some(
      ({ origin, count }) => count > (plan.journal.get(lifeKey(origin))?.entries.length ?? 0),
    );
  }
  if (isBehind && !isAnswer) sendVector(step, peer, { isAnswer: true });
};

/** Learns what a peer tells; a gap, or a message that was as long as one may be, means that there is more to ask for. */
export const hearEntries = (step: Step, peer: Peer, { planId, entries }: Entries): void => {
  const plan = findPlan(step.state, planId);
  if (plan === undefined) return;
  const isWhole = learn(step, plan, entries);
  if (!isWhole || entries.length >= step.state.limits.mesh.entriesMax) {
    if (step.state.rules.antiEntropy) sendVector(step, peer, { isAnswer: true });
  }
};

const sendMissing = (
  step: Step,
  peer: Peer,
  plan: PlanState,
  entries: readonly Entry[],
  known: number,
): void => {
  if (known >= entries.length) return;
  const part = entries.slice(known, known + step.state.limits.mesh.entriesMax);
  const [first] = part;
  if (first === undefined) return;
  const { origin, seq: from } = first;
  sendPeer(step, peer, { kind: 'entries', planId: plan.planId, origin, from, entries: part });
};

const describePlan = ({ planId, journal, ending }: PlanState): PlanVector => ({
  planId,
  isOver: ending === 'complete',
  counts: [...journal.values()].map(({ origin, entries }) => ({ origin, count: entries.length })),
});

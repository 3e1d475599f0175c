import { itemAt } from './assert.ts';
import { cancelRun } from './cancel.ts';
import { markDirty } from './dispatch/dirty.ts';
import type { HostId, PlanId } from './ids.ts';
import { backoffMs } from './limits.ts';
import { isReachable, listReachable, type Peer } from './membership/peers.ts';
import { sendAll, sendPeer } from './membership/send.ts';
import type { Message, PlanNews } from './message.ts';
import type { PlanWord } from './plan.ts';
import { drawIndex } from './random.ts';
import type { AgentState, PlanState, Step } from './state.ts';
import { findPlan, listSlotsRunning } from './state.ts';

/** A plan that others have and that is to be fetched from one of them. */
export interface WantedPlan {
  readonly hosts: Set<HostId>;
  /** The last word about it. */
  word: PlanWord;
  isAsked: boolean;
  /** Tries in a row that brought nothing. */
  failures: number;
  /** Not to be asked for before; milliseconds. */
  retryAtMs: number;
}

/** The word that holds of two: the later one; of two at once the one that stops more. */
const mergeWords = (a: PlanWord, b: PlanWord): PlanWord => (isLater(b, a) ? b : a);

const isLater = (a: PlanWord, b: PlanWord): boolean =>
  (a.revision - b.revision || strength[a.mode] - strength[b.mode]) > 0;

const strength: Readonly<Record<PlanWord['mode'], number>> = { run: 0, drain: 1, now: 2 };

/** A user of this host has spoken about a plan: it holds everywhere. */
export const speak = (step: Step, plan: PlanState, mode: PlanWord['mode']): void => {
  hearWord(step, plan, { revision: plan.word.revision + 1, mode });
  tellPlan(step, plan);
};

/** Tells a peer which plans this agent has. */
export const tellPlans = (step: Step, peer: Peer): void => {
  const plans = step.state.plans.filter(({ ending }) => ending !== 'complete').map(describeNews);
  if (plans.length > 0) sendPeer(step, peer, { kind: 'plans', plans });
};

export const tellPlan = (step: Step, plan: PlanState): void =>
  sendAll(step, { kind: 'plans', plans: [describeNews(plan)] });

/** A peer has these plans: those that this agent lacks are fetched, and the last word about each holds. */
export const hearPlans = (step: Step, peer: Peer, { plans }: Extract<Message, { kind: 'plans' }>): void => {
  const { state } = step;
  for (const { planId, word, isUnfit = false } of plans) {
    const isNews = !peer.plans.has(planId) || peer.unfit.has(planId) !== isUnfit;
    peer.plans.add(planId);
    if (isUnfit) peer.unfit.add(planId);
    else peer.unfit.delete(planId);
    if (isNews) markDirty(state);
    const plan = findPlan(state, planId);
    if (plan === undefined) wantPlan(step, peer, planId, word);
    else hearWord(step, plan, word);
    const last = plan?.word ?? state.forgotten.get(planId);
    // What it said was overtaken: it may have missed the later word.
    if (last !== undefined && isLater(last, word))
      sendPeer(step, peer, { kind: 'plans', plans: [plan ? describeNews(plan) : { planId, word: last }] });
  }
};

/** A peer has a plan that this agent has not. */
export const wantPlan = ({ state }: Step, peer: Peer, planId: PlanId, word: PlanWord): void => {
  const last = state.forgotten.get(planId);
  // A plan that was stopped long ago is fetched when a user speaks of it again: or those that remember it and those that do not
  // would tell each other of it for ever.
  if (last !== undefined && !isLater(word, last)) return;
  const fresh = { hosts: new Set<HostId>(), word, isAsked: false, failures: 0, retryAtMs: 0 };
  const wanted = state.wanted.get(planId) ?? fresh;
  wanted.hosts.add(peer.hello.life.host);
  wanted.word = mergeWords(wanted.word, word);
  state.wanted.set(planId, wanted);
};

/** So many plans that were stopped and forgotten are known by their names. */
const forgottenMax = 256;

/** A plan that ended long ago goes out of the memory; what a user said last of one that was stopped stays. */
export const forgetPlan = ({ plans, forgotten }: AgentState, plan: PlanState): void => {
  plans.splice(plans.indexOf(plan), 1);
  if (plan.word.mode === 'run') return;
  forgotten.set(plan.planId, plan.word);
  const [first] = forgotten.keys();
  if (forgotten.size > forgottenMax && first !== undefined) forgotten.delete(first);
};

/** Asks for the plans that are wanted, each from one host at a time. */
export const fetchWanted = (step: Step): void => {
  const { state, now, effects } = step;
  for (const [planId, wanted] of state.wanted) {
    if (wanted.isAsked || now.now < wanted.retryAtMs) continue;
    const hosts = [...wanted.hosts].filter((host) => isReachable(state, host)).sort();
    if (hosts.length === 0) continue;
    wanted.isAsked = true;
    effects.push({ kind: 'fetchPlan', planId, from: itemAt(hosts, drawIndex(state.random, hosts.length)) });
  }
};

export const missPlan = ({ state, now }: Step, planId: PlanId): void => {
  const wanted = state.wanted.get(planId);
  if (wanted === undefined) return;
  wanted.isAsked = false;
  wanted.failures += 1;
  wanted.retryAtMs = now.now + backoffMs(state.limits.mesh.fetchPause, Math.min(wanted.failures, 10));
};

export const listWantedDeadlines = ({ state }: Step): readonly number[] => {
  if (listReachable(state).length === 0) return [];
  return [...state.wanted.values()].filter(({ isAsked }) => !isAsked).map(({ retryAtMs }) => retryAtMs);
};

const hearWord = (step: Step, plan: PlanState, word: PlanWord): void => {
  const { state } = step;
  const before = plan.word;
  plan.word = mergeWords(before, word);
  if (plan.word === before) return;
  if (plan.word.mode === 'run' && plan.ending === 'stopped') plan.ending = undefined;
  if (plan.word.mode === 'now') {
    for (const { slot, run } of listSlotsRunning(state)) {
      if (run.planId === plan.planId) cancelRun(step, slot, 'stopped', 'the build was stopped');
    }
  }
  plan.isDirty = true;
};

const describeNews = ({ planId, word, isFit }: PlanState): PlanNews => ({
  planId,
  word,
  ...(isFit ? {} : { isUnfit: true }),
});

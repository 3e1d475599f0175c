import { measureLoad } from '../dispatch/load.ts';
import { setOwner } from '../dispatch/owners.ts';
import { findLeader, isLeader } from '../election/role.ts';
import { countStartable } from '../graph/progress.ts';
import { compareText, isSameLife, lifeKey } from '../ids.ts';
import { backoffMs } from '../limits.ts';
import { isHeldByMinority } from '../membership/minority.ts';
import { listReachable, type Peer } from '../membership/peers.ts';
import { sendPeer, sendTo, sinceOf } from '../membership/send.ts';
import type { Message, StealId } from '../message.ts';
import { countOpen } from '../queue/able.ts';
import { describeHolding, enqueue, findItem, type Holding, holds, isSettled } from '../queue/queue.ts';
import { drawIndex } from '../random.ts';
import type { AgentState, Step } from '../state.ts';
import { isWithdrawn, lifeOf, listActivePlans, listRuns } from '../state.ts';
import { noteTaken } from './stealing.ts';

/**
 * Asks a busy agent for work when a slot here has had none for a while: the coordinator is gone, or slow, or this host has only
 * just come. One question at a time; after one that brought nothing a pause that grows.
 */
export const stealWork = (step: Step): void => {
  const { state, now } = step;
  const { stealing, limits, rules } = state;
  noteIdle(step);
  if (!rules.steal) return;
  if (stealing.asked !== undefined) {
    if (now.now < stealing.asked.untilMs) return;
    // What comes after all is no more waited for: its victim is told so when it asks.
    miss(step);
  }
  if (stealing.idleSinceMs === undefined || now.now < findStealMs(state)) return;
  if (isHeldByMinority(step)) return;
  const victim = chooseVictim(state);
  if (victim === undefined) return;
  stealing.count += 1;
  const id: StealId = { thief: lifeOf(state), count: stealing.count };
  stealing.asked = { id, untilMs: now.now + limits.mesh.giveMs };
  sendPeer(step, victim, { kind: 'steal', id, load: measureLoad(step), platform: state.mesh.platform });
};

/** When the next steal may be due; undefined: none is. */
export const findStealDeadline = ({ state }: Step): number | undefined => {
  const { stealing, rules } = state;
  if (!rules.steal) return undefined;
  if (stealing.asked !== undefined) return stealing.asked.untilMs;
  return stealing.idleSinceMs === undefined || chooseAny(state) === undefined
    ? undefined
    : findStealMs(state);
};

/**
 * A victim gives: it is this agent's from now on, if it still waits for it (rule `refuseLateGift`). What it waits for no more it
 * may have said that it has not got.
 */
export const hearGive = (step: Step, peer: Peer, { id, item }: Extract<Message, { kind: 'give' }>): void => {
  const { state, now } = step;
  const { stealing, rules } = state;
  if (!isOwn(state, id)) return;
  const isAsked = stealing.asked?.id.count === id.count;
  if (rules.refuseLateGift && !isAsked) return;
  if (isAsked) stealing.asked = undefined;
  const found = findItem(state, item);
  if (found === undefined) return;
  const { plan, task } = found;
  noteTaken(stealing, id.count);
  stealing.failures = 0;
  stealing.retryAtMs = now.now;
  sendPeer(step, peer, { kind: 'taken', id });
  if (isSettled(plan, task, item.again) || holds(state, plan, task)) return;
  const { token, again } = item;
  const holding: Holding = {
    ...{ plan, task, token, again, duplicate: false, cores: 1, rivals: 0 },
    sinceMs: now.now,
    isStolen: true,
  };
  enqueue(step, holding);
  tellMoved(step, peer, holding);
};

/** It has nothing, or gives nothing. */
export const hearNone = (step: Step, { id }: Extract<Message, { kind: 'none' }>): void => {
  const { stealing } = step.state;
  if (!isOwn(step.state, id) || stealing.asked?.id.count !== id.count) return;
  miss(step);
};

/** A victim wants to know what has become of what it gave. Who says that it has nothing never takes it later. */
export const answerAsk = (step: Step, peer: Peer, { id }: Extract<Message, { kind: 'ask' }>): void => {
  const { state } = step;
  if (isOwn(state, id) && state.stealing.taken.has(id.count)) {
    sendPeer(step, peer, { kind: 'taken', id });
    return;
  }
  if (isOwn(state, id) && state.stealing.asked?.id.count === id.count) miss(step);
  sendPeer(step, peer, { kind: 'nothave', id });
};

const tellMoved = (step: Step, from: Peer, holding: Holding): void => {
  const { state, now } = step;
  const { plan, task, token, again } = holding;
  if (isLeader(state)) {
    setOwner(step, plan, task, { life: lifeOf(state), token, isRunning: false, endAtMs: undefined, again });
    return;
  }
  const leader = findLeader(state, now.now);
  if (leader === undefined) return;
  sendTo(step, leader.host, { kind: 'moved', item: describeHolding(holding), from: from.hello.life.host });
};

const isOwn = (state: AgentState, { thief }: StealId): boolean => isSameLife(thief, lifeOf(state));

const miss = ({ state, now }: Step): void => {
  const { stealing, limits } = state;
  stealing.asked = undefined;
  stealing.failures += 1;
  stealing.retryAtMs = now.now + backoffMs(limits.mesh.stealPause, Math.min(stealing.failures, 10));
};

const noteIdle = (step: Step): void => {
  const { state, now } = step;
  const { stealing } = state;
  const isIdle =
    countOpen(state) > listRuns(state).length + state.queue.length &&
    listActivePlans(state).some(({ progress }) => countStartable(progress) > 0);
  if (!isIdle) stealing.idleSinceMs = undefined;
  else stealing.idleSinceMs ??= now.now;
};

const findStealMs = ({ stealing, limits }: AgentState): number =>
  Math.max(stealing.retryAtMs, (stealing.idleSinceMs ?? 0) + limits.mesh.stealAfterMs);

/** Of two that are drawn by chance the one whose queue is longer: the longest of all would be asked by everybody at once. */
const chooseVictim = (state: AgentState): Peer | undefined => {
  const peers = listVictims(state);
  if (peers.length === 0) return undefined;
  const first = peers[drawIndex(state.random, peers.length)];
  const second = peers[drawIndex(state.random, peers.length)];
  if (!state.rules.powerOfTwo || first === undefined || second === undefined) return first;
  return (second.load?.waitMs ?? 0) > (first.load?.waitMs ?? 0) ? second : first;
};

const chooseAny = (state: AgentState): Peer | undefined => listVictims(state)[0];

const listVictims = (state: AgentState): readonly Peer[] =>
  listReachable(state)
    .filter(({ status, load, plans, protocol }) => {
      // An older one would never answer.
      if (protocol < sinceOf.steal) return false;
      if (status !== 'alive' || load === undefined || load.givable === 0) return false;
      return state.plans.some((plan) => plans.has(plan.planId) && !isWithdrawn(state, plan));
    })
    .toSorted((a, b) => compareText(lifeKey(a.hello.life), lifeKey(b.hello.life)));

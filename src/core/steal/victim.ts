import { itemAt } from '../assert.ts';
import { findWaitMs } from '../dispatch/load.ts';
import { setOwner } from '../dispatch/owners.ts';
import { isFitThere, isOfPlatform } from '../dispatch/places.ts';
import { speedOf } from '../dispatch/speed.ts';
import { isLeader } from '../election/role.ts';
import type { Life } from '../ids.ts';
import { isSameLife, passToken } from '../ids.ts';
import { findPeer, type Peer } from '../membership/peers.ts';
import { sendPeer } from '../membership/send.ts';
import type { Message, StealId } from '../message.ts';
import { canTake } from '../queue/able.ts';
import { dequeue, describeHolding, enqueue, type Holding, isSettled, letGo } from '../queue/queue.ts';
import type { PlanState, Step } from '../state.ts';
import { isWithdrawn, lifeOf } from '../state.ts';
import { listGivable } from './givable.ts';
import { isSameSteal, type Transfer } from './stealing.ts';

type Steal = Extract<Message, { readonly kind: 'steal' }>;

/**
 * Gives a thief the first task in the queue that it should have. This agent alone decides: what it has started is never given, and
 * what it has given it does not start, unless the thief says that it has not got it.
 */
export const hearSteal = (step: Step, peer: Peer, message: Steal): void => {
  const { state, now } = step;
  const { id } = message;
  const known = state.stealing.transfers.find((transfer) => isSameSteal(transfer.id, id));
  const holding = known?.holding ?? choosePrey(step, peer, message);
  if (holding === undefined || !isSameLife(id.thief, peer.hello.life)) {
    sendPeer(step, peer, { kind: 'none', id });
    return;
  }
  const given = known?.holding ?? { ...holding, token: passToken(holding.token) };
  if (known === undefined) {
    dequeue(state, holding);
    const askAtMs = now.now + state.limits.mesh.giveMs;
    state.stealing.transfers.push({ id, to: peer.hello.life, holding: given, askAtMs });
  }
  sendPeer(step, peer, { kind: 'give', id, item: describeHolding(given) });
};

/** The thief has it. */
export const hearTaken = (step: Step, peer: Peer, { id }: Extract<Message, { kind: 'taken' }>): void => {
  const transfer = remove(step, id);
  if (transfer === undefined) return;
  const { plan, task, token, again } = transfer.holding;
  if (isLeader(step.state) && !isSettled(plan, task, again)) {
    const life = peer.hello.life;
    setOwner(step, plan, task, { life, token, isRunning: false, endAtMs: undefined, again });
  } else letGo(transfer.holding);
};

/** The thief has not got it and never will: it is this agent's again. */
export const hearNotHave = (step: Step, { id }: Extract<Message, { kind: 'nothave' }>): void => {
  const transfer = remove(step, id);
  if (transfer !== undefined) takeBack(step, transfer);
};

/** Asks thieves that have not said that they have what they were given. */
export const askThieves = (step: Step): void => {
  const { state, now } = step;
  if (!state.rules.askAfterGive) return;
  for (const transfer of state.stealing.transfers) {
    if (now.now < transfer.askAtMs) continue;
    transfer.askAtMs = now.now + state.limits.mesh.giveMs;
    const peer = findPeer(state, transfer.to.host);
    if (peer !== undefined && isSameLife(peer.hello.life, transfer.to)) {
      sendPeer(step, peer, { kind: 'ask', id: transfer.id });
    }
  }
};

export const listAskDeadlines = ({ state }: Step): readonly number[] =>
  state.rules.askAfterGive ? state.stealing.transfers.map(({ askAtMs }) => askAtMs) : [];

/** A thief is gone: what was on its way to it comes back. */
export const reclaimFrom = (step: Step, life: Life): void => {
  for (const transfer of [...step.state.stealing.transfers]) {
    if (!isSameLife(transfer.to, life)) continue;
    remove(step, transfer.id);
    takeBack(step, transfer);
  }
};

/** What is over, or of a plan that was stopped, is on its way no more. */
export const dropSettledTransfers = (step: Step): void => {
  const { state } = step;
  for (const transfer of [...state.stealing.transfers]) {
    const { plan, task, again } = transfer.holding;
    if (!isSettled(plan, task, again) && !isWithdrawn(state, plan)) continue;
    remove(step, transfer.id);
    letGo(transfer.holding);
  }
};

/**
 * The first task that the thief can run, that it would end sooner, and that would wait here for longer than a steal
 * takes: this agent cannot start it now in any case.
 */
const choosePrey = (step: Step, peer: Peer, { load, platform }: Steal): Holding | undefined => {
  const { state, now } = step;
  const isAble = canTake(state);
  if (isAble && findWaitMs(state, now.now) < state.limits.mesh.stealGainMs) return undefined;
  const speed = speedOf(state, peer.hello.life.host);
  return listGivable(step).find(({ plan, task }) => {
    if (!isOfPlatform(plan, platform) || !isFitThere(peer, plan)) return false;
    const { memoryBytes } = itemAt(plan.progress.table.tasks, task);
    const isIdle = load.running + load.queued === 0;
    if (!isIdle && load.memoryFreeBytes !== undefined && memoryBytes > load.memoryFreeBytes) return false;
    return !isAble || !state.rules.slackRule || isSooner(step, plan, task, speed);
  });
};

/** A slower host is no place for what would be over sooner here, though it waits. */
const isSooner = ({ state, now }: Step, plan: PlanState, task: number, speed: number): boolean => {
  const { estimateMs } = itemAt(plan.progress.table.tasks, task);
  const hereMs = findWaitMs(state, now.now) + estimateMs / speedOf(state, lifeOf(state).host);
  return estimateMs / speed + state.limits.mesh.stealGainMs <= hereMs;
};

const remove = ({ state }: Step, id: StealId): Transfer | undefined => {
  const { transfers } = state.stealing;
  const place = transfers.findIndex((transfer) => isSameSteal(transfer.id, id));
  return place < 0 ? undefined : transfers.splice(place, 1)[0];
};

const takeBack = (step: Step, transfer: Transfer): void => {
  const { state } = step;
  const { holding } = transfer;
  const { plan, task, again } = holding;
  if (isSettled(plan, task, again) || isWithdrawn(state, plan)) {
    letGo(transfer.holding);
    return;
  }
  const back: Holding = { ...holding, token: passToken(holding.token) };
  enqueue(step, back);
  if (isLeader(state)) {
    const owner = { life: lifeOf(state), token: back.token, isRunning: false, endAtMs: undefined, again };
    setOwner(step, plan, task, owner);
  }
};

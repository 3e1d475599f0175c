import { cancelRun } from '../cancel.ts';
import { isFitHere } from '../dispatch/places.ts';
import { hearReturned } from '../dispatch/returned.ts';
import { obeys } from '../election/ballots.ts';
import { findLeader, isLeader } from '../election/role.ts';
import { checkFiles } from '../files/fetches.ts';
import type { Peer } from '../membership/peers.ts';
import { sendTo } from '../membership/send.ts';
import type { GrantItem, HeldItem, Message, ReturnReason } from '../message.ts';
import type { AgentState, Step } from '../state.ts';
import { isWithdrawn, lifeOf, listSlotsRunning } from '../state.ts';
import { canTake } from './able.ts';
import type { Holding } from './queue.ts';
import { describeHolding, enqueue, findHolding, findItem, holds, isSettled, release } from './queue.ts';

/** The coordinator gives this agent tasks. */
export const hearGrant = (
  step: Step,
  peer: Peer,
  { ballot, items }: Extract<Message, { kind: 'grant' }>,
): void => {
  if (!obeys(step, peer, ballot)) return;
  const refused = items.filter((item) => !takeGrant(step, item));
  if (refused.length > 0)
    sendTo(step, peer.hello.life.host, { kind: 'returned', items: refused, reason: 'unable' });
};

/** False when this agent will not have it. What it holds already, or knows to be over, is no harm. */
const takeGrant = (step: Step, item: GrantItem): boolean => {
  const { state, now } = step;
  const found = findItem(state, item);
  if (found === undefined || isWithdrawn(state, found.plan) || !canTake(state)) return false;
  if (!isFitHere(state, found.plan)) return false;
  const { plan, task } = found;
  if (isSettled(plan, task, item.again) || holds(state, plan, task)) return true;
  const { token, again, duplicate, cores, rivals } = item;
  enqueue(step, {
    ...{ plan, task, token, again, duplicate, cores, rivals },
    sinceMs: now.now,
    isStolen: false,
  });
  return true;
};

/** The coordinator knows of another holder, or of the end, of what is queued here. */
export const hearDrop = (
  step: Step,
  peer: Peer,
  { ballot, item }: Extract<Message, { kind: 'drop' }>,
): void => {
  if (!obeys(step, peer, ballot)) return;
  dropHeld(step.state, item);
};

export const dropHeld = (state: AgentState, item: HeldItem): void => {
  const found = findItem(state, item);
  const holding = found && findHolding(state, found.plan, found.task);
  if (holding?.token === item.token) release(state, holding);
};

/** The same of what runs here. */
export const hearCancel = (
  step: Step,
  peer: Peer,
  { ballot, item }: Extract<Message, { kind: 'cancel' }>,
): void => {
  if (!obeys(step, peer, ballot)) return;
  cancelHeld(step, item);
};

export const cancelHeld = (step: Step, item: HeldItem): void => {
  dropHeld(step.state, item);
  for (const { slot, run } of listSlotsRunning(step.state)) {
    if (run.planId === item.planId && run.name === item.task && run.token === item.token) {
      cancelRun(step, slot, 'told', 'another host has it');
    }
  }
};

/** The coordinator has a better place for what waits here. */
export const hearRetract = (
  step: Step,
  peer: Peer,
  { ballot, item }: Extract<Message, { kind: 'retract' }>,
): void => {
  if (!obeys(step, peer, ballot)) return;
  const found = findItem(step.state, item);
  const holding = found && findHolding(step.state, found.plan, found.task);
  if (holding?.token !== item.token) return;
  release(step.state, holding);
  giveBack(step, [describeHolding(holding)], 'retracted');
};

/** Tells the coordinator that these are nobody's now; without one the next report says so. */
export const giveBack = (step: Step, items: readonly HeldItem[], reason: ReturnReason): void => {
  const { state, now } = step;
  if (items.length === 0) return;
  if (isLeader(state)) {
    hearReturned(step, lifeOf(state), { items, reason });
    return;
  }
  const leader = findLeader(state, now.now);
  if (leader !== undefined) sendTo(step, leader.host, { kind: 'returned', items, reason });
};

/**
 * Gives the whole queue back while this host can start nothing, what belongs to plans that were stopped, and what needs files
 * that do not come.
 */
export const giveBackQueue = (step: Step): void => {
  const { state } = step;
  if (state.queue.length === 0) return;
  const isAble = canTake(state);
  for (const holding of [...state.queue]) {
    const reason = findReason(step, holding, isAble);
    if (reason === undefined) continue;
    release(state, holding);
    giveBack(step, [describeHolding(holding)], reason);
  }
};

const findReason = (
  step: Step,
  { plan, task }: Holding,
  isAble: boolean,
): Extract<ReturnReason, 'stopped' | 'unable' | 'files'> | undefined => {
  if (isWithdrawn(step.state, plan)) return 'stopped';
  if (!isAble || !plan.isFit) return 'unable';
  return checkFiles(step, plan, task) === 'lost' ? 'files' : undefined;
};

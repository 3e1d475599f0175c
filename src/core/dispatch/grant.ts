import { itemAt } from '../assert.ts';
import { findOwnBallot, isOpen } from '../election/role.ts';
import { isStarved } from '../files/starved.ts';
import type { Choice } from '../graph/progress.ts';
import { peekReady, takeReady } from '../graph/progress.ts';
import type { HostId, TaskName } from '../ids.ts';
import { makeToken } from '../ids.ts';
import { isHeldByMinority } from '../membership/minority.ts';
import { listReachable } from '../membership/peers.ts';
import { sendTo } from '../membership/send.ts';
import type { GrantItem } from '../message.ts';
import { nameOf } from '../queue/queue.ts';
import type { AgentState, PlanState, Step } from '../state.ts';
import { lifeOf, listActivePlans } from '../state.ts';
import { choosePlace, countRoom, type Place } from './choice.ts';
import { isCritical } from './jobs.ts';
import { measureLoad } from './load.ts';
import { countHeld, setOwner } from './owners.ts';
import { isOfPlatform, listPaces } from './places.ts';
import { findHorizon } from './slack.ts';
import { speedOf } from './speed.ts';

/**
 * The coordinator deals out what is ready, the longest path first, to hosts that have room; as late as it can, for what is
 * granted cannot go where a slot becomes free first. This agent's own slots take from the same heap when they are ready.
 */
export const grantReady = (step: Step): void => {
  const { state } = step;
  const plans = listActivePlans(state).filter(({ isDirty }) => isDirty);
  if (plans.length === 0 || !isOpen(state) || isHeldByMinority(step)) return;
  for (const plan of plans) plan.isDirty = false;
  const places = listPlaces(step);
  if (places.length < 2) return;
  const deal: Deal = { grants: new Map(), reserved: new Set() };
  for (let isMoving = true; isMoving; ) {
    isMoving = false;
    for (const plan of inFairOrder(state, plans)) {
      const fit = places.filter(({ life }) => suits(state, life.host, plan));
      if (!fit.some((place) => !place.isHere && countRoom(state, place) > 0)) continue;
      if (grantNext(step, plan, fit, deal)) {
        isMoving = true;
        break;
      }
    }
  }
  const ballot = findOwnBallot(state);
  if (ballot === undefined) return;
  for (const [host, items] of deal.grants) sendTo(step, host, { kind: 'grant', ballot, items });
};

/** What one pass has given away. */
interface Deal {
  readonly grants: Map<HostId, GrantItem[]>;
  /** Tasks that stay for slots of this host. */
  readonly reserved: Set<TaskName>;
}

/** Plans in the order in which they are served: the one that holds the fewest tasks first, then the one that came first. */
export const inFairOrder = (state: AgentState, plans: readonly PlanState[]): readonly PlanState[] => {
  if (!state.rules.fairShares || plans.length < 2) return plans;
  return plans.toSorted((a, b) => a.progress.counts.taken - b.progress.counts.taken);
};

/** The hosts that live, with how busy they are, this one first. */
const listPlaces = (step: Step): readonly Place[] => {
  const { state } = step;
  const held = countHeld(state);
  const me = lifeOf(state);
  const load = measureLoad(step);
  const here = { life: me, isHere: true, load, speed: load.speed, running: load.running };
  const others = listReachable(state).flatMap(({ hello, load, status, isLeaving }) => {
    if (load === undefined || status !== 'alive' || isLeaving) return [];
    const { life } = hello;
    const { running, queued } = held.get(life.host) ?? { running: 0, queued: 0 };
    const speed = speedOf(state, life.host);
    return [{ life, isHere: false, load, speed, running, queued, promisedBytes: 0 }];
  });
  return [{ ...here, queued: load.queued, promisedBytes: 0 }, ...others];
};

/** True when that host has the plan and may run its tasks. */
export const suits = (state: AgentState, host: HostId, plan: PlanState): boolean => {
  if (host === lifeOf(state).host) return isOfPlatform(plan, state.mesh.platform);
  const peer = state.membership.peers.get(host);
  if (peer === undefined || !peer.plans.has(plan.planId)) return false;
  return isOfPlatform(plan, peer.hello.platform);
};

/** Grants one more task of a plan; false when nothing of it can be granted now. */
const grantNext = (step: Step, plan: PlanState, places: readonly Place[], deal: Deal): boolean => {
  const { state } = step;
  if (plan.lost.size > 0 && grantLost(step, plan, places, deal)) return true;
  if (peekReady(plan.progress) === undefined) return false;
  const horizon = findHorizon(plan, listPaces(state, plan), step.now.now);
  let place: Place | undefined;
  const choose = (task: number): Choice => {
    if (deal.reserved.has(nameOf(plan, task)) || isStarved(state, plan, task)) return 'skip';
    place = choosePlace(state, { plan, task, places, horizon, isUrgent: isUrgent(step, plan, task) });
    if (place === undefined) notePassedOver(step, plan, task);
    if (place?.isHere === true) {
      // A slot of this host takes it when its sandbox is ready.
      place.queued += 1;
      deal.reserved.add(nameOf(plan, task));
    }
    return place === undefined || place.isHere ? 'skip' : 'take';
  };
  const task = takeReady(plan.progress, choose, state.limits.looksMax);
  if (task === undefined || place === undefined) return false;
  grant(step, { plan, task, again: false }, place, deal);
  return true;
};

const grantLost = (step: Step, plan: PlanState, places: readonly Place[], deal: Deal): boolean => {
  const horizon = { remainingMs: Number.POSITIVE_INFINITY, fastest: 1 };
  for (const task of plan.lost.keys()) {
    if (plan.owners.byTask.has(task) || isStarved(step.state, plan, task)) continue;
    const place = choosePlace(step.state, { plan, task, places, horizon, isUrgent: true });
    if (place === undefined || place.isHere) continue;
    grant(step, { plan, task, again: true }, place, deal);
    return true;
  }
  return false;
};

const grant = (
  step: Step,
  { plan, task, again }: { readonly plan: PlanState; readonly task: number; readonly again: boolean },
  place: Place,
  deal: Deal,
): void => {
  const { state } = step;
  const token = mintToken(state);
  const { life } = place;
  setOwner(step, plan, task, { life, token, isRunning: false, endAtMs: undefined, again });
  plan.passedOver.delete(task);
  place.queued += 1;
  place.promisedBytes += itemAt(plan.progress.table.tasks, task).memoryBytes;
  const item: GrantItem = {
    planId: plan.planId,
    task: nameOf(plan, task),
    token,
    again,
    duplicate: false,
    critical: isCritical(state, plan, task, listPaces(state, plan)),
    rivals: plan.progress.counts.ready,
  };
  deal.grants.set(life.host, [...(deal.grants.get(life.host) ?? []), item]);
};

/** A token that nobody has had: under this agent's ballot when it leads. */
export const mintToken = (state: AgentState) => {
  state.tokens += 1;
  return makeToken(findOwnBallot(state) ?? { n: state.election.n, life: lifeOf(state) }, state.tokens);
};

/** A task that no host should take by the slack rule waits only so long. */
const isUrgent = ({ state, now }: Step, plan: PlanState, task: number): boolean => {
  const sinceMs = plan.passedOver.get(task);
  return sinceMs !== undefined && now.now - sinceMs >= state.limits.mesh.slackPatienceMs;
};

const notePassedOver = ({ now }: Step, plan: PlanState, task: number): void => {
  if (!plan.passedOver.has(task)) plan.passedOver.set(task, now.now);
};

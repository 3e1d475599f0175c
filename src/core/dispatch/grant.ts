import { itemAt } from '../assert.ts';
import { findOwnBallot, isOpen } from '../election/role.ts';
import { isStarved } from '../files/starved.ts';
import type { Choice } from '../graph/progress.ts';
import { peekReady, takeReady } from '../graph/progress.ts';
import type { HostId, TaskName } from '../ids.ts';
import { makeToken } from '../ids.ts';
import { isHeldByMinority } from '../membership/minority.ts';
import { sendTo } from '../membership/send.ts';
import type { GrantItem } from '../message.ts';
import { nameOf } from '../queue/queue.ts';
import type { AgentState, PlanState, Step } from '../state.ts';
import { lifeOf, listActivePlans } from '../state.ts';
import { choosePlace, countRoom } from './choice.ts';
import { findNeed } from './jobs.ts';
import { setOwner } from './owners.ts';
import { isFitHere, isFitThere, listPaces, listPlaces, type Place, reserve } from './places.ts';
import { findHorizon } from './slack.ts';

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
  const deal: Deal = { grants: new Map(), reserved: new Set(), places: places.length };
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
  /** How many hosts there are. */
  readonly places: number;
  /** Tasks that stay for slots that are not free yet. */
  readonly reserved: Set<TaskName>;
}

/** Plans in the order in which they are served: the one that holds the fewest tasks first, then the one that came first. */
export const inFairOrder = (state: AgentState, plans: readonly PlanState[]): readonly PlanState[] => {
  if (!state.rules.fairShares || plans.length < 2) return plans;
  return plans.toSorted((a, b) => a.progress.counts.taken - b.progress.counts.taken);
};

/** True when that host has the plan and may run its tasks. */
export const suits = (state: AgentState, host: HostId, plan: PlanState): boolean => {
  if (host === lifeOf(state).host) return isFitHere(state, plan);
  const peer = state.membership.peers.get(host);
  return peer !== undefined && isFitThere(peer, plan);
};

/** Grants one more task of a plan; false when nothing of it can be granted now. */
const grantNext = (step: Step, plan: PlanState, places: readonly Place[], deal: Deal): boolean => {
  const { state } = step;
  if (plan.lost.size > 0 && grantLost(step, plan, places, deal)) return true;
  if (peekReady(plan.progress) === undefined) return false;
  const measure = measureNeed(step, plan);
  let place: Place | undefined;
  const choose = (task: number): Choice => {
    if (deal.reserved.has(nameOf(plan, task)) || isStarved(state, plan, task)) return 'skip';
    place = choosePlace(state, { plan, task, places, need: measure(task) });
    if (place === undefined) return 'skip';
    if (!place.isHere && countRoom(state, place) > 0) return 'take';
    // It stays for a slot there that is not free yet; or a slot of this host takes it when its sandbox is ready.
    reserve(state, place, plan, task);
    if (place.isHere) place.queued += 1;
    deal.reserved.add(nameOf(plan, task));
    place = undefined;
    return 'skip';
  };
  const task = takeReady(plan.progress, choose, countLooks(state, places));
  if (task === undefined || place === undefined) return false;
  grant(step, { plan, task, again: false, cores: measure(task) }, place, deal);
  return true;
};

/** The more slots there are, the more tasks may be booked for those that come free soon. */
const countLooks = ({ limits }: AgentState, places: readonly Place[]): number =>
  Math.max(limits.looksMax, 4 * places.reduce((sum, { load }) => sum + load.usable, 0));

/** How many cores each task of a plan needs, as it stands now. */
export const measureNeed = ({ state, now }: Step, plan: PlanState): ((task: number) => number) => {
  const { limits, rules } = state;
  if (!rules.criticalCores) return () => 1;
  const paces = listPaces(state, plan);
  const { remainingMs, fastest } = findHorizon(limits, plan, paces, now.now);
  const cores = Math.max(1, ...paces.map((pace) => pace.cores));
  const { rankMs, tasks } = plan.progress.table;
  return (task) => {
    if (!itemAt(tasks, task).jobsSafe) return 1;
    return findNeed(limits, { pathMs: itemAt(rankMs, task) / fastest, remainingMs, cores });
  };
};

const grantLost = (step: Step, plan: PlanState, places: readonly Place[], deal: Deal): boolean => {
  for (const task of plan.lost.keys()) {
    if (plan.owners.byTask.has(task) || isStarved(step.state, plan, task)) continue;
    const need = step.state.limits.usualJobs;
    const place = choosePlace(step.state, { plan, task, places, need });
    if (place === undefined || place.isHere || countRoom(step.state, place) <= 0) continue;
    grant(step, { plan, task, again: true, cores: need }, place, deal);
    return true;
  }
  return false;
};

interface Awarded {
  readonly plan: PlanState;
  readonly task: number;
  readonly again: boolean;
  readonly cores: number;
}

const grant = (step: Step, { plan, task, again, cores }: Awarded, place: Place, deal: Deal): void => {
  const { state } = step;
  const token = mintToken(state);
  const { life } = place;
  setOwner(step, plan, task, { life, token, isRunning: false, endAtMs: undefined, again });
  plan.owners.cores.set(task, cores);
  plan.passedOver.delete(task);
  reserve(state, place, plan, task);
  place.queued += 1;
  place.needed += cores;
  place.promisedBytes += itemAt(plan.progress.table.tasks, task).memoryBytes;
  const item: GrantItem = {
    planId: plan.planId,
    task: nameOf(plan, task),
    token,
    again,
    duplicate: false,
    cores,
    rivals: countRivals(state, deal.places),
  };
  deal.grants.set(life.host, [...(deal.grants.get(life.host) ?? []), item]);
};

/** How many ready tasks there are for each host. */
export const countRivals = (state: AgentState, places: number): number =>
  Math.ceil(listActivePlans(state).reduce((sum, { progress }) => sum + progress.counts.ready, 0) / places);

/** A token that nobody has had: under this agent's ballot when it leads. */
export const mintToken = (state: AgentState) => {
  state.tokens += 1;
  return makeToken(findOwnBallot(state) ?? { n: state.election.n, life: lifeOf(state) }, state.tokens);
};

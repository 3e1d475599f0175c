import { itemAt } from '../assert.ts';
import { isFitHere, isFitThere } from '../dispatch/places.ts';
import { findOwnBallot } from '../election/role.ts';
import type { HostId } from '../ids.ts';
import { listReachable } from '../membership/peers.ts';
import { sendTo, sinceOf } from '../membership/send.ts';
import type { AgentState, PlanState, Step } from '../state.ts';
import { lifeOf } from '../state.ts';
import { hasBit, listBits } from './bits.ts';
import { hearCopy } from './copies.ts';
import type { CopyOrder } from './files.ts';
import { compareHolders } from './order.ts';
import type { Holdings } from './survey.ts';
import { isStaying } from './survey.ts';
import { hasOpenDependent } from './unwanted.ts';

/** Copies that one host is asked for at a time: a few seconds' work, so that the choice of hosts is a late one. */
const ordersMax = 16;
/** A copy that has not come by then is asked for again; by then, of another host. */
const repeatMs = 10_000;
const passMs = 60_000;

/** A host that could have copies of a plan's files. */
interface Store {
  readonly host: HostId;
  readonly diskFreeBytes: number;
  orders: number;
}

/** How many hosts could have each file of the plan, this one included where it may. */
export const countStores = (state: AgentState, plan: PlanState): number => listStores(state, plan).length;

/**
 * Has files copied that too few live hosts have, those first that tasks still wait for (rule `replicate`): the only copy of a file
 * dies with its host, and its task, and all that it took, is to be built again.
 */
export const orderCopies = (step: Step, plan: PlanState, { absent, scarce }: Holdings): void => {
  const { state, now } = step;
  const { orders } = plan.files.survey;
  const wanted = { words: scarce };
  for (const task of orders.keys()) if (!hasBit(wanted, task)) orders.delete(task);
  if (!state.rules.replicate) return;
  const stores = listStores(state, plan);
  for (const store of stores) store.orders = countOrders(state, store.host, now.now);
  let room = stores.reduce((sum, { orders: open }) => sum + Math.max(0, ordersMax - open), 0);
  for (const isNeeded of [true, false]) {
    for (const task of listBits(wanted)) {
      if (room <= 0) return;
      if (hasBit({ words: absent }, task) || isFresh(orders.get(task), now.now)) continue;
      if (hasOpenDependent(plan, task) === isNeeded && orderCopy(step, plan, task, stores)) room -= 1;
    }
  }
};

const orderCopy = (step: Step, plan: PlanState, task: number, stores: readonly Store[]): boolean => {
  const { state, now } = step;
  const { orders } = plan.files.survey;
  const before = orders.get(task);
  const isPassed = before !== undefined && now.now - before.sinceMs >= passMs;
  const passed = before === undefined ? [] : isPassed ? [...before.passed, before.to] : before.passed;
  const { name } = itemAt(plan.progress.table.tasks, task);
  const free = stores.filter(
    ({ host, orders: open }) => open < ordersMax && !hasFile(state, plan, host, task),
  );
  const fresh = free.filter(({ host }) => !passed.includes(host));
  const best =
    fresh.find(({ host }) => !isPassed && host === before?.to) ??
    (fresh.length > 0 ? fresh : free).toSorted(
      (a, b) => b.diskFreeBytes - a.diskFreeBytes || compareHolders(name, a.host, b.host),
    )[0];
  if (best === undefined) return false;
  best.orders += 1;
  const isSame = best.host === before?.to && !isPassed;
  orders.set(task, {
    to: best.host,
    sinceMs: isSame ? before.sinceMs : now.now,
    askedAtMs: now.now,
    passed: fresh.length > 0 ? passed : [],
  });
  ask(step, plan, task, best.host);
  return true;
};

const ask = (step: Step, { planId, progress }: PlanState, task: number, host: HostId): void => {
  const ballot = findOwnBallot(step.state);
  const { name } = itemAt(progress.table.tasks, task);
  if (host === lifeOf(step.state).host) hearCopy(step, { planId, task: name });
  else if (ballot !== undefined) sendTo(step, host, { kind: 'copy', ballot, planId, task: name });
};

/** By host id. */
const listStores = (state: AgentState, plan: PlanState): readonly Store[] => {
  const stores: Store[] = [];
  for (const peer of listReachable(state)) {
    const { hello, load, protocol } = peer;
    if (!isStaying(peer) || !isFitThere(peer, plan)) continue;
    if (protocol < sinceOf.copy) continue;
    stores.push({ host: hello.life.host, diskFreeBytes: load?.diskFreeBytes ?? 0, orders: 0 });
  }
  if (isFitHere(state, plan) && state.stopping === undefined) {
    const diskFreeBytes = state.resources?.diskFreeBytes ?? 0;
    stores.push({ host: lifeOf(state).host, diskFreeBytes, orders: 0 });
  }
  return stores;
};

const countOrders = (state: AgentState, host: HostId, nowMs: number): number => {
  let count = 0;
  for (const { files } of state.plans) {
    for (const order of files.survey.orders.values())
      if (order.to === host && isFresh(order, nowMs)) count += 1;
  }
  return count;
};

const isFresh = (order: CopyOrder | undefined, nowMs: number): boolean =>
  order !== undefined && nowMs - order.askedAtMs < repeatMs;

const hasFile = (state: AgentState, { files }: PlanState, host: HostId, task: number): boolean => {
  if (host === lifeOf(state).host) return hasBit(files.mine, task);
  const claim = files.claims.get(host);
  return claim !== undefined && hasBit(claim.has, task);
};

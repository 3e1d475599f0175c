import { itemAt } from './assert.ts';
import { isLeader } from './election/role.ts';
import type { Fact } from './facts/fact.ts';
import { listMissing, visitNeeds } from './files/needs.ts';
import { isStarved } from './files/starved.ts';
import { targetsOf } from './graph/edges.ts';
import type { HostId, PlanId, SlotName, TaskName } from './ids.ts';
import { nameOf } from './queue/queue.ts';
import type { AgentState, PlanState } from './state.ts';
import { findPlan, lifeOf, listSlotsRunning } from './state.ts';

/**
 * Where a task is, as this agent knows it. Of what other hosts hold the coordinator alone knows: elsewhere a task that is `ready` may
 * run, or wait, on some host.
 */
export type TaskView =
  | { readonly kind: 'ended'; readonly fact: Fact; readonly rebuild: Rebuild | undefined }
  /** These have failed, and it needs them, directly or not. */
  | { readonly kind: 'blocked'; readonly by: readonly TaskName[] }
  /** These are to be built first, of those that it needs itself. */
  | { readonly kind: 'waiting'; readonly needs: readonly TaskName[] }
  /** It met trouble, and pauses. `leftMs`: from now on. */
  | { readonly kind: 'paused'; readonly leftMs: number; readonly attempts: number }
  /** `isStarved`: no live host has a file that it needs. `isCertain`: this agent coordinates, so that nobody holds it. */
  | { readonly kind: 'ready'; readonly isStarved: boolean; readonly isCertain: boolean }
  /** Granted to that host, where it waits for a slot; here: for so many files as well. */
  | { readonly kind: 'granted'; readonly host: HostId; readonly missing: number }
  /** On its way from this host to another one. */
  | { readonly kind: 'moving'; readonly to: HostId }
  /** `slot`: of this host; undefined elsewhere. */
  | { readonly kind: 'running'; readonly host: HostId; readonly slot: SlotName | undefined };

/** No live host has its file any more: it is to be built again; `host`: where it is held. */
export interface Rebuild {
  readonly host: HostId | undefined;
}

/** Where a task is; undefined when this agent does not know it. `nowMs`: the agent's monotonic clock. */
export const explainTask = (
  state: AgentState,
  planId: PlanId,
  name: TaskName,
  nowMs = state.nowMs,
): TaskView | undefined => {
  const plan = findPlan(state, planId);
  const task = plan?.progress.table.indexOf.get(name);
  if (plan === undefined || task === undefined) return undefined;
  const fact = plan.ends.get(task);
  if (fact !== undefined) return { kind: 'ended', fact, rebuild: findRebuild(plan, task) };
  return findHeld(state, plan, task) ?? explainOpen(state, plan, task, nowMs);
};

const findRebuild = (plan: PlanState, task: number): Rebuild | undefined => {
  const owner = plan.owners.byTask.get(task);
  return owner?.again === true || plan.lost.has(task) ? { host: owner?.life.host } : undefined;
};

/** By what this agent holds itself, then by the coordinator's table. */
const findHeld = (state: AgentState, plan: PlanState, task: number): TaskView | undefined => {
  const isIt = (one: { readonly plan: PlanState; readonly task: number }): boolean =>
    one.plan === plan && one.task === task;
  const run = listSlotsRunning(state).find(
    (one) => isIt({ plan, task: one.run.task }) && one.run.planId === plan.planId,
  );
  if (run !== undefined) return { kind: 'running', host: lifeOf(state).host, slot: run.slot.name };
  if (state.queue.some(isIt)) {
    const missing = plan.usesFiles ? listMissing(plan, task).length : 0;
    return { kind: 'granted', host: lifeOf(state).host, missing };
  }
  const transfer = state.stealing.transfers.find(({ holding }) => isIt(holding));
  if (transfer !== undefined) return { kind: 'moving', to: transfer.to.host };
  const owner = plan.owners.byTask.get(task);
  if (owner === undefined) return undefined;
  const { host } = owner.life;
  return owner.isRunning ? { kind: 'running', host, slot: undefined } : { kind: 'granted', host, missing: 0 };
};

const explainOpen = (
  state: AgentState,
  plan: PlanState,
  task: number,
  nowMs: number,
): TaskView | undefined => {
  const { status, paused } = plan.progress;
  switch (itemAt(status, task)) {
    case 'blocked':
      return { kind: 'blocked', by: listFailed(plan, task) };
    case 'waiting':
      return { kind: 'waiting', needs: listUnbuilt(plan, task) };
    case 'paused': {
      const untilMs = paused.find((pause) => pause.task === task)?.untilMs ?? nowMs;
      const attempts = plan.records.get(task)?.total ?? 0;
      return { kind: 'paused', leftMs: Math.max(0, untilMs - nowMs), attempts };
    }
    case 'ready':
    case 'taken':
      return {
        kind: 'ready',
        isStarved: plan.usesFiles && isStarved(state, plan, task),
        isCertain: isLeader(state),
      };
    case 'built':
    case 'failed':
      return undefined;
  }
};

const listFailed = (plan: PlanState, task: number): readonly TaskName[] => {
  const failed: number[] = [];
  visitNeeds(plan, [task], (need) => {
    if (plan.progress.status[need] === 'failed') failed.push(need);
  });
  return failed.sort((a, b) => a - b).map((need) => nameOf(plan, need));
};

const listUnbuilt = (plan: PlanState, task: number): readonly TaskName[] =>
  [...targetsOf(plan.progress.table.needs, task)]
    .filter((need) => plan.progress.status[need] !== 'built')
    .map((need) => nameOf(plan, need));

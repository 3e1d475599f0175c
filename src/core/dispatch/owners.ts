import { putBack, takeTask } from '../graph/progress.ts';
import type { HostId, Life, Token } from '../ids.ts';
import { isSameLife } from '../ids.ts';
import { listReachable, type Peer } from '../membership/peers.ts';
import type { AgentState, PlanState, Step } from '../state.ts';
import { lifeOf, listRuns } from '../state.ts';

/** Who holds a task, as the coordinator has it. */
export interface Owner {
  readonly life: Life;
  readonly token: Token;
  readonly isRunning: boolean;
  /** Since when it is so, milliseconds. */
  readonly sinceMs: number;
  /** When it is expected to be over; undefined while it is queued. */
  readonly endAtMs: number | undefined;
  readonly again: boolean;
  /** How many of its holder's reports in a row have not named it. */
  unnamed: number;
  /** It was asked back. */
  isRetracted: boolean;
}

/**
 * The coordinator's table of one plan. Soft state: made of grants, and of what agents report; lost with the coordinator, and made
 * again by the next one.
 */
export interface Owners {
  readonly byTask: Map<number, Owner>;
  /** How many cores each was granted for; without those that this coordinator has not granted. */
  readonly cores: Map<number, number>;
  /** Second runs of tasks that are slow elsewhere. */
  readonly duplicates: Map<number, Owner>;
}

export const createOwners = (): Owners => ({ byTask: new Map(), cores: new Map(), duplicates: new Map() });

export type NewOwner = Pick<Owner, 'life' | 'token' | 'isRunning' | 'endAtMs' | 'again'>;

/** Books a task to its holder, whoever held it before. */
export const setOwner = ({ now }: Step, plan: PlanState, task: number, owner: NewOwner): void => {
  takeTask(plan.progress, task);
  plan.owners.byTask.set(task, { ...owner, sinceMs: now.now, unnamed: 0, isRetracted: false });
};

/** Nobody holds the task any more: if it is not over it is to be granted again, at once or at `untilMs`. */
export const clearOwner = (plan: PlanState, task: number, untilMs?: number): void => {
  plan.owners.byTask.delete(task);
  plan.owners.cores.delete(task);
  plan.isDirty = true;
  if (plan.progress.status[task] === 'taken') putBack(plan.progress, task, untilMs);
};

/** How many tasks of all plans each host holds. */
const countHeld = (state: AgentState): Map<HostId, { running: number; queued: number }> => {
  const held = new Map<HostId, { running: number; queued: number }>();
  const count = (owner: Owner): void => {
    const of = held.get(owner.life.host) ?? { running: 0, queued: 0 };
    of[owner.isRunning ? 'running' : 'queued'] += 1;
    held.set(owner.life.host, of);
  };
  for (const { owners } of state.plans) {
    for (const owner of owners.byTask.values()) count(owner);
    for (const owner of owners.duplicates.values()) count(owner);
  }
  return held;
};

/** The other hosts that live and have slots for which there is nothing, by the table, with how many. */
export const listIdle = (state: AgentState): readonly { readonly peer: Peer; readonly slots: number }[] => {
  const held = countHeld(state);
  return listReachable(state).flatMap((peer) => {
    const { running, queued } = held.get(peer.hello.life.host) ?? { running: 0, queued: 0 };
    const slots = (peer.load?.usable ?? 0) - running - queued;
    return peer.status === 'alive' && slots > 0 ? [{ peer, slots }] : [];
  });
};

/** Forgets the table: another one leads, or nobody. What this agent holds itself stays taken. */
export const disown = (state: AgentState): void => {
  const me = lifeOf(state);
  for (const plan of state.plans) {
    for (const [task, owner] of plan.owners.byTask) {
      if (!isSameLife(owner.life, me)) clearOwner(plan, task);
    }
    plan.owners.byTask.clear();
    plan.owners.cores.clear();
    plan.owners.duplicates.clear();
    // Whoever leads next counts anew for how long a task has been passed over.
    plan.passedOver.clear();
  }
};

/** A new coordinator books what it holds itself. */
export const adoptOwn = (step: Step): void => {
  const { state } = step;
  const life = lifeOf(state);
  for (const run of listRuns(state)) {
    const plan = state.plans.find(({ planId }) => planId === run.planId);
    if (plan === undefined) continue;
    const { token, again, endAtMs } = run;
    const owner = { life, token, isRunning: true, endAtMs, again };
    if (run.duplicate && plan.owners.byTask.has(run.task)) continue;
    setOwner(step, plan, run.task, owner);
  }
  for (const { plan, task, token, again, duplicate } of state.queue) {
    if (duplicate) continue;
    setOwner(step, plan, task, { life, token, isRunning: false, endAtMs: undefined, again });
  }
  for (const { holding } of state.stealing.transfers) {
    const { plan, task, token, again } = holding;
    setOwner(step, plan, task, { life, token, isRunning: false, endAtMs: undefined, again });
  }
};

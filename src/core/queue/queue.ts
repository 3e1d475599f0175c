import { itemAt } from '../assert.ts';
import { wantFiles } from '../files/fetches.ts';
import { putBack, takeTask } from '../graph/progress.ts';
import { isBefore } from '../graph/table.ts';
import type { PlanId, TaskName, Token } from '../ids.ts';
import type { HeldItem } from '../message.ts';
import type { AgentState, PlanState, Step } from '../state.ts';
import { findPlan, listRuns } from '../state.ts';

/** A task that this agent is to run, or to give away, and that does not run yet. */
export interface Holding {
  readonly plan: PlanState;
  readonly task: number;
  readonly token: Token;
  readonly again: boolean;
  readonly duplicate: boolean;
  /** As in a grant. */
  readonly cores: number;
  readonly rivals: number;
  /** When it came, milliseconds. */
  readonly sinceMs: number;
  /** It was another agent's before: it rests here for a while. */
  readonly isStolen: boolean;
}

export const findHolding = (state: AgentState, plan: PlanState, task: number): Holding | undefined =>
  state.queue.find((holding) => holding.plan === plan && holding.task === task);

/** Takes a task into the queue; its files are fetched while it waits. */
export const enqueue = (step: Step, holding: Holding): void => {
  takeTask(holding.plan.progress, holding.task);
  step.state.queue.push(holding);
  if (step.state.rules.prefetch) wantFiles(step, holding.plan, holding.task);
};

/** Takes it out of the queue; whoever holds it now is the caller's to say. */
export const dequeue = (state: AgentState, holding: Holding): void => {
  const place = state.queue.indexOf(holding);
  if (place >= 0) state.queue.splice(place, 1);
};

/** Takes it out of the queue for good: as far as this agent knows it may be run by anybody. */
export const release = (state: AgentState, holding: Holding): void => {
  dequeue(state, holding);
  letGo(holding);
};

/** This agent has to do with the task no more: where nobody is booked for it here, it is as good as any ready one. */
export const letGo = ({ plan, task }: Pick<Holding, 'plan' | 'task'>): void => {
  if (plan.progress.status[task] === 'taken' && !plan.owners.byTask.has(task))
    putBack(plan.progress, task, undefined);
};

/** What waits here, in the order in which it is to start. */
export const listQueue = (state: AgentState): readonly Holding[] =>
  state.queue.length < 2
    ? state.queue
    : state.queue.toSorted((a, b) => {
        if (a.plan !== b.plan) return state.plans.indexOf(a.plan) - state.plans.indexOf(b.plan);
        return isBefore(a.plan.progress.table, a.task, b.task) ? -1 : 1;
      });

/** True when this agent runs, queues or gives away that task. */
export const holds = (state: AgentState, plan: PlanState, task: number): boolean =>
  findHolding(state, plan, task) !== undefined ||
  state.stealing.transfers.some(({ holding }) => holding.plan === plan && holding.task === task) ||
  listRuns(state).some((run) => run.planId === plan.planId && run.task === task);

/** A holding as others hear of it. */
export const describeHolding = ({ plan, task, token, again, duplicate }: Holding): HeldItem => ({
  planId: plan.planId,
  task: nameOf(plan, task),
  token,
  again,
  duplicate,
});

export const nameOf = (plan: PlanState, task: number): TaskName =>
  itemAt(plan.progress.table.tasks, task).name;

/** The task that an item of a message names; undefined when this agent does not know it. */
export const findItem = (
  state: AgentState,
  { planId, task: name }: { readonly planId: PlanId; readonly task: TaskName },
): { readonly plan: PlanState; readonly task: number } | undefined => {
  const plan = findPlan(state, planId);
  const task = plan?.progress.table.indexOf.get(name);
  return plan === undefined || task === undefined ? undefined : { plan, task };
};

/** True when the task is over, so that nobody is to hold it: but what is built again is to be run all the same. */
export const isSettled = (plan: PlanState, task: number, again: boolean): boolean => {
  const end = plan.ends.get(task);
  return end !== undefined && !(again && end.outcome.kind === 'built');
};

import type { Retry } from '../facts/fact.ts';
import { isVoid, mergeFacts } from '../facts/merge.ts';
import { foldAttempts, type TaskRecord } from '../failure/judge.ts';
import { isOver, reopen, takeTask } from '../graph/progress.ts';
import { holds } from '../queue/queue.ts';
import type { PlanState, Step } from '../state.ts';

/**
 * Failures and attempts that a retry voids count no more, whether they are known yet or come later. A task that only they had ended
 * is open again, with all of its tries; one that failed otherwise as well, unknown to who spoke, stays as it is.
 */
export const applyRetry = (step: Step, plan: PlanState, task: number, { outcome }: Retry): void => {
  const voids = plan.voids.get(task) ?? new Set();
  for (const token of outcome.voids) voids.add(token);
  plan.voids.set(task, voids);
  refreshRecord(plan, task);
  const end = plan.ends.get(task);
  if (end === undefined || !isVoid(end, voids)) return;
  const [first, ...others] = (plan.failures.get(task) ?? []).filter((failure) => !isVoid(failure, voids));
  if (first !== undefined) {
    plan.ends.set(task, others.reduce(mergeFacts, first));
    return;
  }
  plan.ends.delete(task);
  plan.evictions.delete(task);
  reopen(plan.progress, task);
  // What this agent had of it may still be on its way out.
  if (plan.owners.byTask.has(task) || holds(step.state, plan, task)) takeTask(plan.progress, task);
  revive(plan);
};

/** What the attempts teach that count; undefined: there are none. */
export const refreshRecord = (plan: PlanState, task: number): TaskRecord | undefined => {
  const voids = plan.voids.get(task);
  const standing = (plan.attempts.get(task) ?? []).filter((attempt) => !isVoid(attempt, voids));
  if (standing.length === 0) {
    plan.records.delete(task);
    return undefined;
  }
  const record = foldAttempts(standing);
  plan.records.set(task, record);
  return record;
};

/**
 * A plan that ended lives again when its ending fits no more: what failed here was built elsewhere after all, or is to be tried again,
 * and there is work again; or what was stopped here has been brought to its end.
 */
export const revive = (plan: PlanState): void => {
  if (plan.ending !== undefined && (plan.ending === 'complete') !== isOver(plan.progress))
    plan.ending = undefined;
};

import { mintToken } from './dispatch/grant.ts';
import { visitNeeds } from './files/needs.ts';
import type { TaskName, Token } from './ids.ts';
import type { Event } from './input.ts';
import { type Draft, recordAll } from './journal/learn.ts';
import { nameOf } from './queue/queue.ts';
import type { PlanState, Step } from './state.ts';
import { findPlan } from './state.ts';
import { tellPlan } from './words.ts';

/** So many tokens are voided at once: far more than a task has tries. */
const voidsMax = 1_000;

/**
 * A user of this host wants tasks that failed tried again: everybody hears of it. What is built, or may still be built, is left
 * alone. A plan that had ended goes on.
 */
export const retryTasks = (
  step: Step,
  { planId, tasks }: Extract<Event, { readonly kind: 'tasksRetried' }>,
): void => {
  const plan = findPlan(step.state, planId);
  if (plan === undefined) return;
  const wasOver = plan.ending !== undefined;
  const drafts = listFailed(plan, tasks).flatMap((task) => draftRetry(step, plan, task));
  recordAll(step, plan, drafts);
  // Who has come since it ended has not been told of it.
  if (wasOver && plan.ending === undefined) tellPlan(step, plan);
};

/** Those that failed of all, or of the named ones and what they need; ascending. */
const listFailed = (plan: PlanState, names: readonly TaskName[] | 'all'): readonly number[] => {
  const { status, table } = plan.progress;
  const isFailed = (task: number): boolean => status[task] === 'failed';
  if (names === 'all') return [...status.keys()].filter(isFailed);
  const named = names.flatMap((name) => table.indexOf.get(name) ?? []);
  const found = new Set(named.filter(isFailed));
  const blocked = named.filter((task) => status[task] === 'blocked');
  visitNeeds(plan, blocked, (need) => {
    if (isFailed(need)) found.add(need);
  });
  return [...found].sort((a, b) => a - b);
};

const draftRetry = ({ state, now }: Step, plan: PlanState, task: number): readonly Draft[] => {
  const end = plan.ends.get(task);
  if (end === undefined) return [];
  const known = [...(plan.failures.get(task) ?? []), ...(plan.attempts.get(task) ?? [])];
  const voids = new Set<Token>([end.token, ...known.map(({ token }) => token)]);
  return [
    {
      ...{ task: nameOf(plan, task), token: mintToken(state), slot: end.slot, startedAtMs: now.wall },
      ...{ wallMs: 0, cpuMs: 0, jobs: 0, steps: [], diskBytes: 0, memoryBytes: 0 },
      outcome: { kind: 'retried', voids: [...voids].slice(0, voidsMax) },
    },
  ];
};

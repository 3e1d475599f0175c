import type { Message } from '../message.ts';
import type { Step } from '../state.ts';
import { findPlan } from '../state.ts';
import { hasBit } from './bits.ts';
import { mayFetch, startFetch } from './fetches.ts';
import type { PlanFiles } from './files.ts';

/** The coordinator wants this host to have a file. */
export const hearCopy = (
  { state }: Step,
  { planId, task: name }: Pick<Extract<Message, { readonly kind: 'copy' }>, 'planId' | 'task'>,
): void => {
  const plan = findPlan(state, planId);
  const task = plan?.progress.table.indexOf.get(name);
  if (plan === undefined || task === undefined || !plan.usesFiles) return;
  if (!hasBit(plan.files.mine, task)) plan.files.copies.add(task);
};

/**
 * Has files fetched that the coordinator wants here. They leave half of what may be fetched at a time to tasks that wait. What
 * nobody can be asked for is given up: the coordinator sees what is missing, and asks again.
 */
export const fetchCopies = (step: Step): void => {
  const { plans, limits, stopping } = step.state;
  let room = Math.max(1, limits.mesh.fetchesMax >> 1);
  for (const { files } of plans) room -= countOnTheWay(files);
  for (const plan of plans) {
    const { files } = plan;
    for (const task of files.copies) {
      if (files.fetches.has(task)) continue;
      if (stopping !== undefined) files.copies.delete(task);
      if (room <= 0 || stopping !== undefined || !mayFetch(step)) continue;
      if (startFetch(step, plan, task)) room -= 1;
      else files.copies.delete(task);
    }
  }
};

const countOnTheWay = ({ copies, fetches }: PlanFiles): number => {
  let count = 0;
  for (const task of copies) if (fetches.has(task)) count += 1;
  return count;
};

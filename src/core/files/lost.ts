import { itemAt } from '../assert.ts';
import type { PlanState, Step } from '../state.ts';
import { listBits } from './bits.ts';
import { visitNeeds } from './needs.ts';
import type { Holdings } from './survey.ts';
import { isEmpty } from './survey.ts';
import { isOpenTask } from './unwanted.ts';

/**
 * Finds built tasks whose file is gone with its hosts and needed by a task that is not over: after `lostFileMs` they are in
 * `plan.lost`, to be built again, until a live host has the file (rule `rebuildLost`). What a lost one needs may be lost as well:
 * it is needed by the same tasks, so it is found here too, and built before.
 */
export const findLost = (step: Step, plan: PlanState, { absent }: Holdings): void => {
  const { state, now, effects } = step;
  const { survey } = plan.files;
  const missing = isEmpty(absent) ? new Set<number>() : findNeeded(plan, absent);
  for (const task of survey.absent.keys()) if (!missing.has(task)) survey.absent.delete(task);
  for (const task of plan.lost.keys()) if (!missing.has(task)) plan.lost.delete(task);
  for (const task of missing) {
    const sinceMs = survey.absent.get(task) ?? now.now;
    survey.absent.set(task, sinceMs);
    // Hosts that gave it back are tried again.
    if (plan.lost.has(task)) plan.isDirty = true;
    if (now.now - sinceMs < state.limits.mesh.lostFileMs || plan.lost.has(task)) continue;
    if (!state.rules.rebuildLost) continue;
    plan.lost.set(task, sinceMs);
    plan.isDirty = true;
    const { name } = itemAt(plan.progress.table.tasks, task);
    effects.push({ kind: 'note', note: { kind: 'fileLost', planId: plan.planId, task: name } });
  }
};

/** Those of `words` that a task needs, transitively, that is not over; ascending. */
const findNeeded = (plan: PlanState, words: Uint32Array): ReadonlySet<number> => {
  const { status } = plan.progress;
  const open: number[] = [];
  for (let task = 0; task < status.length; task++) if (isOpenTask(status[task])) open.push(task);
  const needed = new Uint8Array(status.length);
  visitNeeds(plan, open, (need) => {
    needed[need] = 1;
  });
  const found = new Set<number>();
  for (const task of listBits({ words })) if (needed[task] === 1) found.add(task);
  return found;
};

/** It could not be built again this time: the next try comes as late as the first one did. */
export const postponeRebuild = ({ now }: Step, { lost, files }: PlanState, task: number): void => {
  if (lost.delete(task)) files.survey.absent.set(task, now.now);
};

import { itemAt } from '../assert.ts';
import { targetsOf } from '../graph/edges.ts';
import type { TaskStatus } from '../graph/progress.ts';
import type { PlanState, Step } from '../state.ts';
import { lifeOf, listRuns } from '../state.ts';
import { listBits } from './bits.ts';
import { removeMine } from './files.ts';
import { listHolders } from './holders.ts';
import { visitNeeds } from './needs.ts';
import { compareHolders } from './order.ts';

/** So many of the hosts that have a file keep it, whatever room they want. */
const keepers = 2;

/**
 * The disk wants room: drops up to `count` files that nothing here needs now and that others have; those first that no task of the
 * plan waits for any more.
 *
 * The last copy never goes so, whatever stale things the hosts believe of each other (rule `keepLastCopy`). For each file all hosts
 * are in one fixed order. Call E the hosts that have ever had it; nobody is believed to have it who is not in E. A host drops
 * its file only when two live hosts that come before it are believed to have it, so only when two of E come before it. E
 * only grows, so the first two of E at any time were among the first two of E ever since they joined it, and have never dropped it:
 * what they lost, they lost to an accident. So one accident, a death or a disk, leaves a copy even while nobody knows of it yet.
 * Without the order (each drops what two others are believed to have) three hosts that drop at the same moment drop them all.
 */
export const dropUnwanted = (step: Step, count: number): void => {
  let left = count;
  for (const isNeeded of [false, true]) {
    for (const plan of step.state.plans) {
      if (!plan.usesFiles || left <= 0) continue;
      const pinned = findPinned(step, plan);
      for (const task of listBits(plan.files.mine)) {
        if (left <= 0) break;
        if (pinned.has(task) || hasOpenDependent(plan, task) !== isNeeded) continue;
        if (!isSpare(step, plan, task)) continue;
        removeMine(plan.files, task);
        const { name } = itemAt(plan.progress.table.tasks, task);
        step.effects.push({ kind: 'dropFile', planId: plan.planId, task: name });
        left -= 1;
      }
    }
  }
};

/** True when some task that needs this one is not over. */
export const hasOpenDependent = ({ progress }: PlanState, task: number): boolean => {
  for (const dependent of targetsOf(progress.table.dependents, task)) {
    if (isOpenTask(progress.status[dependent])) return true;
  }
  return false;
};

/** True of a task that is not over. */
export const isOpenTask = (status: TaskStatus | undefined): boolean =>
  status !== 'built' && status !== 'failed' && status !== 'blocked';

/** Files that tasks need which run here, or are to. */
const findPinned = ({ state }: Step, plan: PlanState): ReadonlySet<number> => {
  const runs = listRuns(state).filter(({ planId }) => planId === plan.planId);
  const queued = state.queue.filter((holding) => holding.plan === plan);
  const pinned = new Set<number>();
  visitNeeds(
    plan,
    [...runs, ...queued].map(({ task }) => task),
    (need) => pinned.add(need),
  );
  return pinned;
};

const isSpare = ({ state }: Step, plan: PlanState, task: number): boolean => {
  const holders = listHolders(state, plan, task);
  if (!state.rules.keepLastCopy) return holders.length >= keepers;
  const { name } = itemAt(plan.progress.table.tasks, task);
  const me = lifeOf(state).host;
  return holders.filter((host) => compareHolders(name, host, me) < 0).length >= keepers;
};

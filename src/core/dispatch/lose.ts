import { isLeader } from '../election/role.ts';
import type { Life } from '../ids.ts';
import { isSameLife } from '../ids.ts';
import type { Step } from '../state.ts';
import { reclaimFrom } from '../steal/victim.ts';
import { clearOwner } from './owners.ts';

/**
 * A life goes on, as others say, but this agent has had no connection to it for so long that what was on its way between them may
 * be nobody's: what it was given comes back, what waits there by the coordinator's table is granted again, and what runs there
 * when it has taken twice as long as it was to. What it has all the same is built twice, at worst.
 */
export const loseUnreachable = (step: Step, life: Life): void => {
  const { state, now } = step;
  reclaimFrom(step, life);
  if (!state.rules.freeDead || !isLeader(state)) return;
  for (const plan of state.plans) {
    for (const [task, { life: holder, isRunning, sinceMs, endAtMs = now.now }] of plan.owners.byTask) {
      if (!isSameLife(holder, life)) continue;
      if (!isRunning || now.now - sinceMs >= 2 * (endAtMs - sinceMs)) clearOwner(plan, task);
    }
  }
};

/** A life is over, or taken for it: what it held is given to others, what was on its way to it comes back. */
export const loseLife = (step: Step, life: Life): void => {
  const { state } = step;
  reclaimFrom(step, life);
  if (!state.rules.freeDead) return;
  for (const plan of state.plans) {
    for (const [task, owner] of plan.owners.byTask) if (isSameLife(owner.life, life)) clearOwner(plan, task);
    for (const [task, owner] of plan.owners.duplicates) {
      if (isSameLife(owner.life, life)) plan.owners.duplicates.delete(task);
    }
  }
};

import type { Life } from '../ids.ts';
import { isSameLife } from '../ids.ts';
import type { Step } from '../state.ts';
import { reclaimFrom } from '../steal/victim.ts';
import { clearOwner } from './owners.ts';

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

import { findOwnBallot, isOpen } from '../election/role.ts';
import { peekReady } from '../graph/progress.ts';
import { sendTo } from '../membership/send.ts';
import { countOpen } from '../queue/able.ts';
import { nameOf } from '../queue/queue.ts';
import type { AgentState, Step } from '../state.ts';
import { lifeOf, listActivePlans, listRuns } from '../state.ts';
import { suits } from './grant.ts';
import { listIdle } from './owners.ts';

/**
 * Takes back what waits at a busy host while another one has a slot and nothing is ready for it. Idle agents steal such tasks
 * themselves; this is for those that cannot speak to the one that is busy, or do not know of stealing.
 */
export const retractWaiting = (step: Step): void => {
  const { state, now } = step;
  const ballot = findOwnBallot(state);
  if (ballot === undefined || !isOpen(state) || !state.rules.retract) return;
  const plans = listActivePlans(state).filter(({ progress }) => peekReady(progress) === undefined);
  if (plans.length === 0) return;
  let idle = countIdleSlots(state);
  for (const plan of plans) {
    for (const [task, owner] of plan.owners.byTask) {
      if (idle <= 0) return;
      if (owner.isRunning || owner.isRetracted || now.now - owner.sinceMs < state.limits.mesh.unnamedMs)
        continue;
      const { host } = owner.life;
      if (host === lifeOf(state).host || !suits(state, host, plan)) continue;
      const { token, again } = owner;
      owner.isRetracted = true;
      idle -= 1;
      const item = { planId: plan.planId, task: nameOf(plan, task), token, again, duplicate: false };
      sendTo(step, host, { kind: 'retract', ballot, item });
    }
  }
};

const countIdleSlots = (state: AgentState): number => {
  const own = Math.max(0, countOpen(state) - listRuns(state).length - state.queue.length);
  return listIdle(state).reduce((sum, { slots }) => sum + slots, own);
};

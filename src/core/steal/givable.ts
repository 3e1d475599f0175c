import { parseToken } from '../ids.ts';
import type { Holding } from '../queue/queue.ts';
import { listQueue } from '../queue/queue.ts';
import type { Step } from '../state.ts';
import { isWithdrawn } from '../state.ts';

/** What waits here and may be given to another agent, in the order in which it is to start. */
export const listGivable = (step: Step): readonly Holding[] =>
  step.state.queue.length === 0 ? [] : listQueue(step.state).filter((holding) => isGivable(step, holding));

/** A task that has just come from another agent stays for a while, and none changes hands for ever. */
const isGivable = ({ state, now }: Step, { plan, token, sinceMs, isStolen, duplicate }: Holding): boolean => {
  if (duplicate || isWithdrawn(state, plan)) return false;
  if (!state.rules.restStolen) return true;
  const { restMs, hopsMax } = state.limits.mesh;
  if (isStolen && now.now - sinceMs < restMs) return false;
  return (parseToken(token)?.hop ?? hopsMax) < hopsMax;
};

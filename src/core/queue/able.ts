import { canStart } from '../dispatch/admission.ts';
import { measureDisk } from '../dispatch/ledger.ts';
import type { AgentState } from '../state.ts';
import { countUsable } from '../state.ts';

/** True when this agent may be given tasks: its host is well, nobody has drained it, and it does not go. */
export const canTake = (state: AgentState): boolean => countOpen(state) > 0;

/** How many tasks may run here at a time, for all that is known of the host now. */
export const countOpen = (state: AgentState): number => {
  if (state.stopping !== undefined || state.isDrained || state.life === undefined) return 0;
  if (state.admission.gate.kind === 'held') return 0;
  const level = measureDisk(state.resources, state.limits);
  if (level === 'full' || level === 'critical') return 0;
  // One run at a time shows whether the host is well again, and whether a disk with little room is enough for it.
  if (state.admission.gate.kind === 'probing' || level === 'low') return canStart(state.admission) ? 1 : 0;
  return countUsable(state);
};

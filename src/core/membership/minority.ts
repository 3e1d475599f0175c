import type { AgentState, Step } from '../state.ts';

/**
 * Notes whether this agent is on the smaller side of a cut. Most cuts are short, and what both sides build is built
 * twice: the smaller one starts nothing new for a while, then it goes on.
 */
export const noteMinority = ({ state, now }: Step): void => {
  const { membership } = state;
  const members = [...membership.peers.values()].filter(({ status }) => status !== 'left');
  const present = members.filter(({ session, status }) => session !== undefined && status === 'alive');
  const isSmaller = members.length >= 2 && (present.length + 1) * 2 < members.length + 1;
  if (!isSmaller) membership.minoritySinceMs = undefined;
  else membership.minoritySinceMs ??= now.now;
};

/** True while this agent starts nothing new for that reason. */
export const isHeldByMinority = ({ state, now }: Step): boolean => findMinorityMs(state, now.now) > 0;

/** How much longer, milliseconds; 0: it is not held. */
export const findMinorityMs = ({ membership, limits, rules }: AgentState, nowMs: number): number => {
  if (!rules.minorityHold || membership.minoritySinceMs === undefined) return 0;
  return Math.max(0, membership.minoritySinceMs + limits.mesh.minorityHoldMs - nowMs);
};

export const findMinorityDeadline = (step: Step): number | undefined => {
  const { minoritySinceMs } = step.state.membership;
  return isHeldByMinority(step) && minoritySinceMs !== undefined
    ? minoritySinceMs + step.state.limits.mesh.minorityHoldMs
    : undefined;
};

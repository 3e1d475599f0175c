import type { AgentState } from '../state.ts';

/** Something has changed that may let the coordinator grant: it looks again at the end of this step. */
export const markDirty = ({ plans }: AgentState): void => {
  for (const plan of plans) plan.isDirty = true;
};

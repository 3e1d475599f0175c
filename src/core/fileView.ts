import type { Fact } from './facts/fact.ts';
import { hasBit } from './files/bits.ts';
import { listSources } from './files/holders.ts';
import type { HostId, PlanId, TaskName } from './ids.ts';
import type { AgentState } from './state.ts';
import { findPlan } from './state.ts';

/** The file of one task, as this agent knows of it: for those who move files. */
export interface FileView {
  /** `sha256:<hex>`; any of them is right. Empty: it has not been built. */
  readonly digests: readonly string[];
  readonly isHere: boolean;
  /** Other live hosts that have it and are to be asked for it, by id. */
  readonly holders: readonly HostId[];
}

/** Undefined for a task that is not known. */
export const viewFile = (state: AgentState, planId: PlanId, name: TaskName): FileView | undefined => {
  const plan = findPlan(state, planId);
  const task = plan?.progress.table.indexOf.get(name);
  if (plan === undefined || task === undefined) return undefined;
  return {
    digests: plan.files.digests.get(task) ?? [],
    isHere: hasBit(plan.files.mine, task),
    holders: listSources(state, plan, task),
  };
};

/** The fact that counts for a task; undefined while there is none. */
export const findEnd = (state: AgentState, planId: PlanId, name: TaskName): Fact | undefined => {
  const plan = findPlan(state, planId);
  const task = plan?.progress.table.indexOf.get(name);
  return task === undefined ? undefined : plan?.ends.get(task);
};

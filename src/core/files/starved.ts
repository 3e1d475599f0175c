import type { HostId } from '../ids.ts';
import type { AgentState, PlanState } from '../state.ts';
import { visitNeeds } from './needs.ts';

/**
 * True when no live host has some file that the task needs, as the coordinator knows: no host could start it, and those that tried
 * would hold it for nothing. What is to be built again comes in the right order so: first what its needs are there of.
 */
export const isStarved = ({ limits, nowMs }: AgentState, plan: PlanState, task: number): boolean => {
  const { absent, starved } = plan.files.survey;
  // Or a host gave it back only now: what is built again has no pause of its own, and would go round and round.
  for (const sinceMs of starved.get(task)?.values() ?? []) {
    if (nowMs - sinceMs < limits.mesh.suspectMs) return true;
  }
  if (absent.size === 0) return false;
  let isMissing = false;
  visitNeeds(plan, [task], (need) => {
    isMissing ||= absent.has(need);
  });
  return isMissing;
};

/** A host has given a task back, because it could not get a file that the task needs. */
export const noteStarved = (
  { nowMs }: AgentState,
  { files }: PlanState,
  task: number,
  host: HostId,
): void => {
  const known = files.survey.starved.get(task) ?? new Map<HostId, number>();
  files.survey.starved.set(task, known.set(host, nowMs));
};

/** The hosts that lately could not get what the task needs. */
export const listStarved = (
  { limits, nowMs }: AgentState,
  { files }: PlanState,
  task: number,
): readonly HostId[] => {
  const known = files.survey.starved.get(task);
  if (known === undefined) return [];
  return [...known].filter(([, sinceMs]) => nowMs - sinceMs < limits.mesh.lostFileMs).map(([host]) => host);
};

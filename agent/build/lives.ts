import type { PlanId } from '../../src/core/ids.ts';
import type { LiveBuild } from './live.ts';

/** The builds whose tasks this agent can run, by plan. */
export interface Lives {
  add(live: LiveBuild): void;
  drop(planId: PlanId): void;
  find(planId: PlanId): LiveBuild | undefined;
  /** The one that came last: what sandboxes are made ahead for. */
  newest(): LiveBuild | undefined;
  list(): readonly LiveBuild[];
}

export const createLives = (): Lives => {
  const lives = new Map<PlanId, LiveBuild>();
  return {
    add: (live) => {
      lives.delete(live.planId);
      lives.set(live.planId, live);
    },
    drop: (planId) => void lives.delete(planId),
    find: (planId) => lives.get(planId),
    newest: () => [...lives.values()].at(-1),
    list: () => [...lives.values()],
  };
};

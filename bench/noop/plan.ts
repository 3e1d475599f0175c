import { createHash } from 'node:crypto';
import { buildId, type PlanId, planId, taskName } from '../../src/core/ids.ts';
import { canonicalPlan, type Plan } from '../../src/core/plan.ts';

export interface NoopPlan {
  readonly plan: Plan;
  readonly planId: PlanId;
  readonly text: string;
}

/** Packages that need nothing of each other. `build`: names the plan, which is another one for each. */
export const makeNoopPlan = (build: string, packages: number, estimateMs: number): NoopPlan => {
  const plan: Plan = {
    build: buildId(build),
    tasks: Array.from({ length: packages }, (_, index) => ({
      ...{ name: taskName(`noop${index}-1.0`), needs: [], estimateMs, jobsSafe: false, weight: 100 },
      ...{ diskBytes: 1, memoryBytes: 1 },
    })),
  };
  const text = canonicalPlan(plan);
  return { plan, text, planId: nameText(text) };
};

/** The id of the plan that a canonical text is. */
export const nameText = (text: string): PlanId => planId(createHash('sha256').update(text).digest('hex'));

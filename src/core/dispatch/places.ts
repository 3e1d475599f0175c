import { listReachable } from '../membership/peers.ts';
import { countOpen } from '../queue/able.ts';
import type { AgentState, PlanState } from '../state.ts';
import { lifeOf } from '../state.ts';
import type { Pace } from './slack.ts';
import { speedOf } from './speed.ts';

/** What all hosts that may run tasks of a plan can do, this one first. */
export const listPaces = (state: AgentState, plan: PlanState): readonly Pace[] => {
  const mine: Pace[] = isOfPlatform(plan, state.mesh.platform)
    ? [{ usable: countOpen(state), speed: speedOf(state, lifeOf(state).host) }]
    : [];
  const others = listReachable(state)
    .filter(({ hello, load }) => load !== undefined && load.usable > 0 && isOfPlatform(plan, hello.platform))
    .map(({ hello, load }) => ({ usable: load?.usable ?? 0, speed: speedOf(state, hello.life.host) }));
  return [...mine, ...others].filter(({ usable }) => usable > 0);
};

/** True when hosts of that platform may run tasks of the plan. */
export const isOfPlatform = (plan: PlanState, platform: string): boolean =>
  plan.platform === '' || plan.platform === platform;

import type { AgentState } from '../src/core/agent.ts';
import type { PlanId } from '../src/core/ids.ts';
import type { Event } from '../src/core/input.ts';
import { findPlan } from '../src/core/state.ts';
import type { Store } from '../src/store/open.ts';
import type { Director } from './build/director.ts';
import type { LiveBuild } from './build/live.ts';
import type { Lives } from './build/lives.ts';
import type { BuildsPort } from './view/acts.ts';

interface BuildsPorts {
  readonly core: AgentState;
  readonly director: Director;
  readonly lives: Lives;
  readonly store: Pick<Store, 'listBuilds' | 'plansOf' | 'reopenBuild'>;
  push(event: Event): void;
  /** A plan that other hosts made, or know as well; its packages, not its scan. */
  isShared(planId: PlanId): boolean;
  /** Takes up a plan that this host has and does not carry out. False: it cannot be. */
  takeUp(planId: PlanId): Promise<boolean>;
}

/** The builds of this host, for people's orders. */
export const createBuildsPort = (ports: BuildsPorts): BuildsPort => {
  const { director, lives, push } = ports;
  const current = (): string | undefined => director.current()?.build;
  const listOpen = (): readonly string[] => {
    const own = current();
    const others = listOpenLives(ports).map(({ build }) => build);
    return [...new Set([...(own === undefined ? [] : [own]), ...others])];
  };
  return {
    listOpen,
    stop: (build, mode) => {
      if (build === current()) {
        director.stop(mode);
        return;
      }
      for (const live of listOpenLives(ports)) {
        if (live.build === build) push({ kind: 'planStopped', planId: live.planId, mode });
      }
    },
    resume: (build) => resume(ports, build),
    isHeld: (planId) => {
      const live = lives.find(planId);
      return live === undefined ? ports.isShared(planId) : live.scan === undefined;
    },
    pathOf: (planId, task) => lives.find(planId)?.byName.get(task)?.record.pkgpath,
  };
};

const listOpenLives = ({ core, lives }: BuildsPorts): readonly LiveBuild[] =>
  lives.list().filter(({ planId }) => findPlan(core, planId)?.ending === undefined);

/** A stopped build goes on with its plan, also when this agent was started since. */
const resume = async (
  { core, lives, store, push, takeUp }: BuildsPorts,
  wanted: string | undefined,
): Promise<string | undefined> => {
  const stopped = store
    .listBuilds()
    .find(({ id, ending }) => (wanted === undefined ? ending === 'stopped' : id === wanted));
  const planId = stopped && store.plansOf(stopped.id).at(-1);
  if (stopped === undefined || planId === undefined) return undefined;
  // Of a build that is over an agent without others has kept nothing to run it with.
  const isHere = findPlan(core, planId) !== undefined && lives.find(planId) !== undefined;
  if (!isHere && !(await takeUp(planId))) return undefined;
  // Should all agents die now, it goes on by itself.
  if (stopped.ending === 'stopped') store.reopenBuild(stopped.id);
  push({ kind: 'planResumed', planId });
  return stopped.id;
};

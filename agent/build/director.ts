import { configDigest } from '../../src/config/digest.ts';
import { listBlocked } from '../../src/core/agent.ts';
import type { PlanEnding } from '../../src/core/effect.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import type { PlanId, TaskName } from '../../src/core/ids.ts';
import type { StopMode } from '../../src/core/input.ts';
import { BulkmeshError } from '../../src/errors.ts';
import type { SandboxSpec } from '../../src/sandbox/driver.ts';
import type { HistoryRow } from '../../src/store/history.ts';
import type { BuildAccepted, BuildRequest } from '../control/protocol.ts';
import { type Course, type CoursePorts, startCourse } from './course.ts';
import { historyOf } from './history.ts';
import type { LiveBuild } from './live.ts';
import { chooseBuild } from './request.ts';

/** Takes one build at a time through its phases. */
export interface Director {
  /** Throws `BUILD_RUNNING` while another build goes on. */
  build(request: BuildRequest): BuildAccepted;
  stop(mode: StopMode): void;
  /** To be called with each `planEnded` of the core. */
  planEnded(planId: PlanId, ending: PlanEnding): void;
  /** The build whose tasks run now. */
  live(): LiveBuild | undefined;
  /** How many packages can no longer be built because `task` failed. */
  countBlocked(task: TaskName): number;
  /** The lines of history that facts of the live build make. */
  describeHistory(facts: readonly Fact[]): readonly HistoryRow[];
  /** What sandboxes look like for it. */
  spec(): SandboxSpec;
  /** Resolves when no build goes on. */
  idle(): Promise<void>;
}

export const createDirector = (ports: CoursePorts): Director => {
  let current: Course | undefined;

  return {
    build: (request) => {
      if (current !== undefined) {
        throw new BulkmeshError('BUILD_RUNNING', `the build ${current.chosen.build} is going on`, {
          hint: 'wait for it (bulkmesh status), or stop it with Ctrl-C where it was started',
        });
      }
      const pkgpaths = request.pkgpaths.length > 0 ? request.pkgpaths : ports.config.pkgsrc.pkgpaths;
      const chosen = chooseBuild(ports.store, request, pkgpaths, configDigest(ports.config));
      const course = startCourse(ports, chosen);
      current = course;
      void course.ended.then(() => {
        current = undefined;
      });
      return { build: chosen.build, resumed: chosen.resumed };
    },
    stop: (mode) => current?.stop(mode),
    planEnded: (planId, ending) => current?.planEnded(planId, ending),
    live: () => current?.live(),
    countBlocked: (task) => {
      const live = current?.live();
      return live === undefined ? 0 : listBlocked(ports.core, live.planId, task).length;
    },
    describeHistory: (facts) =>
      facts.flatMap((fact) => {
        const live = current?.live();
        return live?.planId === fact.planId ? historyOf(live, fact, ports.hostName) : [];
      }),
    spec: () => {
      const spec = current?.ground()?.spec;
      if (spec === undefined) throw new Error('a sandbox is wanted while no build goes on');
      return spec;
    },
    idle: async () => current?.ended,
  };
};

import { configDigest } from '../../src/config/digest.ts';
import { listBlocked } from '../../src/core/agent.ts';
import type { PlanEnding } from '../../src/core/effect.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import type { PlanId, TaskName } from '../../src/core/ids.ts';
import type { StopMode } from '../../src/core/input.ts';
import { BulkmeshError } from '../../src/errors.ts';
import type { SandboxSpec } from '../../src/sandbox/driver.ts';
import type { BuildRecord } from '../../src/store/builds.ts';
import type { HistoryRow } from '../../src/store/history.ts';
import type { BuildAccepted, BuildRequest } from '../control/protocol.ts';
import { type Course, type CoursePorts, startCourse } from './course.ts';
import { historyOf } from './history.ts';
import { type ChosenBuild, chooseBuild, reopenBuild } from './request.ts';

/** Takes one build at a time through its phases. */
export interface Director {
  /** Throws `BUILD_RUNNING` while another build goes on. */
  build(request: BuildRequest): BuildAccepted;
  stop(mode: StopMode): void;
  /** Goes on with a build of an earlier life that was cut short before it had a plan. */
  goOn(build: BuildRecord): void;
  /** The agent ends; what goes on in the mesh goes on. */
  leave(mode: StopMode): void;
  /** False: it is no plan of a build that was asked for here, in this life. */
  planEnded(planId: PlanId, ending: PlanEnding): boolean;
  /** The build that was asked for here and goes on. */
  current(): ChosenBuild | undefined;
  /** How many packages can no longer be built because a task of a plan failed. */
  countBlocked(planId: PlanId, task: TaskName): number;
  /** The lines of history that facts of known builds make. */
  describeHistory(facts: readonly Fact[]): readonly HistoryRow[];
  /** What sandboxes look like for a plan; undefined: for the one that comes next, as far as can be told. */
  spec(planId: PlanId | undefined): SandboxSpec;
  /** Resolves when no build goes on. */
  idle(): Promise<void>;
}

export const createDirector = (ports: CoursePorts): Director => {
  const { core, lives, store } = ports;
  let current: Course | undefined;

  const begin = (chosen: ChosenBuild): void => {
    const course = startCourse(ports, chosen);
    current = course;
    void course.ended.then(() => {
      current = undefined;
    });
  };

  return {
    build: (request) => {
      if (current !== undefined) {
        throw new BulkmeshError('BUILD_RUNNING', `the build ${current.chosen.build} is going on`, {
          hint: 'wait for it (bulkmesh status), or stop it with Ctrl-C where it was started',
        });
      }
      const pkgpaths = request.pkgpaths.length > 0 ? request.pkgpaths : ports.config.pkgsrc.pkgpaths;
      const chosen = chooseBuild(store, request, pkgpaths, configDigest(ports.config));
      begin(chosen);
      return { build: chosen.build, resumed: chosen.resumed };
    },
    goOn: (build) => begin(reopenBuild(store, build)),
    stop: (mode) => current?.stop(mode),
    leave: (mode) => current?.leave(mode),
    planEnded: (planId, ending) => {
      const isOurs = current?.live()?.planId === planId;
      if (isOurs) current?.planEnded(planId, ending);
      return isOurs;
    },
    current: () => current?.chosen,
    countBlocked: (planId, task) => listBlocked(core, planId, task).length,
    describeHistory: (facts) =>
      facts.flatMap((fact) => {
        const live = lives.find(fact.planId);
        return live === undefined ? [] : historyOf(live, fact, ports.nameHost(fact.origin.host));
      }),
    spec: (planId) => {
      const live = planId === undefined ? lives.newest() : lives.find(planId);
      const spec = live?.ground.spec ?? current?.ground()?.spec;
      if (spec === undefined) throw new Error('a sandbox is wanted while no build goes on');
      return spec;
    },
    idle: async () => current?.ended,
  };
};

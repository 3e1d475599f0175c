import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../../src/config/config.ts';
import { configDigest } from '../../src/config/digest.ts';
import { type AgentState, listBlocked } from '../../src/core/agent.ts';
import type { PlanEnding } from '../../src/core/effect.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import type { PlanId, TaskName } from '../../src/core/ids.ts';
import type { Event, StopMode } from '../../src/core/input.ts';
import { BulkmeshError } from '../../src/errors.ts';
import type { SandboxDriver, SandboxSpec } from '../../src/sandbox/driver.ts';
import type { HistoryRow } from '../../src/store/history.ts';
import type { Store } from '../../src/store/open.ts';
import type { BuildAccepted, BuildRequest, BuildSummary, Counts } from '../control/protocol.ts';
import type { AgentPaths } from '../paths.ts';
import type { Progress } from '../progress.ts';
import { finishBuild } from './finish.ts';
import { type Ground, layGround } from './ground.ts';
import { historyOf } from './history.ts';
import type { LiveBuild } from './live.ts';
import { planBuild } from './plan.ts';
import { type ChosenBuild, chooseBuild, listStandingFacts } from './request.ts';
import { loadSurvey, saveSurvey } from './saved.ts';
import { surveyTree } from './survey.ts';

/** What a build is directed with: the parts of the agent that it uses. */
export interface DirectorPorts {
  readonly config: Config;
  readonly paths: AgentPaths;
  readonly core: AgentState;
  readonly store: Store;
  readonly driver: SandboxDriver;
  readonly progress: Progress;
  readonly log: Logger;
  readonly hostName: string;
  push(event: Event): void;
}

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

export const createDirector = (ports: DirectorPorts): Director => {
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
        return live?.planId === fact.planId ? historyOf(live, fact) : [];
      }),
    spec: () => {
      const spec = current?.ground()?.spec;
      if (spec === undefined) throw new Error('a sandbox is wanted while no build goes on');
      return spec;
    },
    idle: async () => current?.ended,
  };
};

/** One build on its way. */
interface Course {
  readonly chosen: ChosenBuild;
  /** Never rejects. */
  readonly ended: Promise<void>;
  stop(mode: StopMode): void;
  planEnded(planId: PlanId, ending: PlanEnding): void;
  live(): LiveBuild | undefined;
  ground(): Ground | undefined;
}

const startCourse = (ports: DirectorPorts, chosen: ChosenBuild): Course => {
  const { progress, store } = ports;
  const abort = new AbortController();
  const ending = Promise.withResolvers<PlanEnding>();
  let ground: Ground | undefined;
  let live: LiveBuild | undefined;

  const run = async (): Promise<BuildSummary> => {
    progress.enter('preparing');
    ground = await layGround(ports.config, ports.driver.kind);
    const known = chosen.resumed ? await loadSurvey(store, chosen.build) : undefined;
    const survey = await surveyTree({
      config: ports.config,
      driver: ports.driver,
      ground,
      pkgpaths: chosen.pkgpaths,
      signal: abort.signal,
      known,
      onScanning: () => progress.enter('scanning'),
      onProgress: progress.tellScan,
      onFailure: ({ pkgpath, reason }) => progress.tell({ kind: 'scanFailed', pkgpath, reason }),
      onWarning: (text) => progress.tell({ kind: 'warning', text }),
    });
    store.setPlatform(chosen.build, survey.tree.platform);
    progress.enter('resolving');
    if (known === undefined) await saveSurvey(store, chosen.build, survey);
    const planned = planBuild(store, chosen, ground, survey);
    const facts = await standingFacts(ports, planned);
    abort.signal.throwIfAborted();
    // From here on a stop is the core's to hear: it must know the plan before, so nothing is waited for between.
    live = planned;
    progress.standing.planId = planned.planId;
    progress.standing.masked = planned.resolution.packages.length - planned.plan.tasks.length;
    ports.push({ kind: 'planAdded', planId: planned.planId, plan: planned.plan, facts });
    progress.enter('building');
    const end = await ending.promise;
    const counts = progress.counts() ?? noCounts;
    progress.enter('reporting');
    return finishBuild({
      live: planned,
      ending: end,
      core: ports.core,
      store,
      paths: ports.paths,
      packagesDir: ports.config.paths.packages,
      hostName: ports.hostName,
      slots: Math.min(ports.config.build.slots, ports.driver.slotsMax),
      baseUrl: ports.config.report.baseUrl,
      counts,
      onWarning: (text) => progress.tell({ kind: 'warning', text }),
    });
  };

  const conclude = async (): Promise<void> => {
    Object.assign(progress.standing, {
      build: chosen.build,
      planId: undefined,
      startedAtMs: chosen.startedAtMs,
      stopping: undefined,
      scan: undefined,
      masked: 0,
    });
    const summary = await run().catch((error: unknown) => endedEarly(ports, chosen, abort.signal, error));
    // A build that could not even begin has nothing to resume; one that was stopped goes on at the next request.
    store.endBuild(chosen.build, summary.ending, Date.now());
    tellFinished(progress, summary);
  };

  return {
    chosen,
    ended: conclude().catch((error: unknown) => {
      ports.log.error({ error: String(error) }, 'the end of the build could not be recorded');
      tellFinished(progress, endedEarly(ports, chosen, abort.signal, error));
    }),
    stop: (mode) => {
      // As in the core: what was to stop at once is not asked to finish after all.
      if (progress.standing.stopping !== 'now') progress.standing.stopping = mode;
      if (live === undefined) abort.abort();
      else ports.push({ kind: 'planStopped', planId: live.planId, mode });
    },
    planEnded: (planId, how) => {
      if (planId === live?.planId) ending.resolve(how);
    },
    live: () => live,
    ground: () => ground,
  };
};

const tellFinished = (progress: Progress, summary: BuildSummary): void => {
  // The build and its counts stay in sight until the next one; its clock has stopped.
  Object.assign(progress.standing, { stopping: undefined, startedAtMs: undefined });
  progress.enter('idle');
  progress.tell({ kind: 'finished', summary });
};

const standingFacts = async ({ store, paths, progress }: DirectorPorts, live: LiveBuild) => {
  const suffix = live.survey.tree.pkgSuffix;
  const { standing, gone } = await listStandingFacts(store.factsOf(live.planId), (task) => {
    const found = live.byName.get(task);
    return found && join(paths.packagesAll, `${found.record.pkgname}${suffix}`);
  });
  if (gone.length > 0) {
    const text = `${gone.length} packages built before are no longer in ${paths.packagesAll}: built again`;
    progress.tell({ kind: 'warning', text });
  }
  return standing;
};

/** The summary of a build that has no report: stopped before its plan was known, or unable to go on. */
const endedEarly = (
  { config, paths, log }: DirectorPorts,
  { build }: ChosenBuild,
  signal: AbortSignal,
  cause: unknown,
): BuildSummary => {
  const error = describeError(cause);
  if (!signal.aborted) log.error({ build, code: error.code, error: error.message }, 'the build cannot go on');
  else if (cause !== signal.reason)
    log.warn({ build, error: error.message }, 'trouble while the build stopped');
  return {
    build,
    ending: signal.aborted ? 'stopped' : 'failed',
    error: signal.aborted ? undefined : error,
    counts: noCounts,
    scanFailures: 0,
    unresolved: 0,
    makespanMs: 0,
    lowerBoundMs: 0,
    slotSeconds: { busy: 0, sandbox: 0, starved: 0, stopped: 0 },
    files: {
      reportText: '',
      reportHtml: '',
      reportJson: '',
      logs: paths.logs,
      packages: config.paths.packages,
    },
  };
};

const describeError = (cause: unknown): { code: string; message: string; hint: string } =>
  cause instanceof BulkmeshError
    ? { code: cause.code, message: cause.message, hint: cause.hint }
    : {
        code: 'BUILD_FAILED',
        message: cause instanceof Error ? cause.message : String(cause),
        hint: 'this should not happen: please report it, with the log of the agent',
      };

const noCounts: Counts = {
  total: 0,
  built: 0,
  failed: 0,
  blocked: 0,
  masked: 0,
  running: 0,
  ready: 0,
  waiting: 0,
};

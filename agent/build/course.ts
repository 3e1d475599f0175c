import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../../src/config/config.ts';
import type { AgentState } from '../../src/core/agent.ts';
import type { PlanEnding } from '../../src/core/effect.ts';
import type { PlanId } from '../../src/core/ids.ts';
import type { Event, StopMode } from '../../src/core/input.ts';
import { messageOf } from '../../src/errors.ts';
import { describeRevision, readTreeRevision } from '../../src/pkgsrc/revision.ts';
import type { SandboxDriver } from '../../src/sandbox/driver.ts';
import type { Store } from '../../src/store/open.ts';
import type { BuildSummary } from '../control/protocol.ts';
import { createBuildHooks } from '../hooks.ts';
import type { AgentPaths } from '../paths.ts';
import type { Progress } from '../progress.ts';
import { noCounts, summarizeEarlyEnd } from './ending.ts';
import { finishBuild } from './finish.ts';
import { type Ground, layGround } from './ground.ts';
import type { LiveBuild } from './live.ts';
import { figuresOf } from './outcomes.ts';
import { planBuild } from './plan.ts';
import type { ChosenBuild } from './request.ts';
import { readSettings } from './settings.ts';
import { type Survey, surveyTree } from './survey.ts';

/** What a build is directed with: the parts of the agent that it uses. */
export interface CoursePorts {
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

/** One build on its way. */
export interface Course {
  readonly chosen: ChosenBuild;
  /** Never rejects. */
  readonly ended: Promise<void>;
  stop(mode: StopMode): void;
  planEnded(planId: PlanId, ending: PlanEnding): void;
  /** From when the core knows its plan. */
  live(): LiveBuild | undefined;
  ground(): Ground | undefined;
}

/** Takes a build through its phases, from its ground to its report; what goes wrong is in its summary. */
export const startCourse = (ports: CoursePorts, chosen: ChosenBuild): Course => {
  const { progress } = ports;
  const abort = new AbortController();
  const afterAbort = new AbortController();
  const ending = Promise.withResolvers<PlanEnding>();
  const onWarning = (text: string): void => progress.tell({ kind: 'warning', text });
  const hooks = createBuildHooks({
    config: ports.config,
    build: chosen.build,
    logFile: join(ports.paths.meta, 'hooks.log'),
    onWarning,
  });
  let hasBegun = false;
  let ground: Ground | undefined;
  let live: LiveBuild | undefined;

  const run = async (): Promise<BuildSummary> => {
    progress.enter('preparing');
    ground = await layGround(ports.config, ports.driver.traits);
    for (const text of ground.warnings) onWarning(text);
    await hooks.before(abort.signal);
    hasBegun = true;
    const survey = await surveyBuild(ports, chosen, ground, abort.signal);
    const settingsOf = readSettings(ports.config, ground, survey.tree);
    const { skipAgeCheck } = ports.config.build;
    const known = { ground, survey, settingsOf, skipAgeCheck, onWarning };
    const { live: planned, entries } = await planBuild(ports.store, chosen, known, abort.signal);
    abort.signal.throwIfAborted();
    // From here on a stop is the core's to hear: it must know the plan before, so nothing is waited for between.
    live = planned;
    progress.standing.planId = planned.planId;
    progress.standing.kept = planned.kept.size;
    progress.standing.masked = countMasked(planned);
    ports.push({ kind: 'planAdded', planId: planned.planId, plan: planned.plan, entries });
    progress.enter('building');
    return reportBuild(ports, chosen, planned, await ending.promise);
  };

  const conclude = async (): Promise<void> => {
    beginStanding(progress, chosen);
    const summary = await run().catch((cause: unknown) => endEarly(ports, chosen, abort.signal, cause));
    recordEnd(ports, chosen, summary);
    if (hasBegun) await hooks.after(summary, afterAbort.signal);
    // The build and its counts stay in sight until the next one; its clock has stopped.
    Object.assign(progress.standing, { stopping: undefined, startedAtMs: undefined });
    progress.enter('idle');
    progress.tell({ kind: 'finished', summary });
  };

  return {
    chosen,
    ended: conclude(),
    stop: (mode) => {
      // As in the core: what was to stop at once is not asked to finish after all.
      if (progress.standing.stopping !== 'now') progress.standing.stopping = mode;
      if (mode === 'now') afterAbort.abort();
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

const beginStanding = ({ standing }: Progress, { build, startedAtMs }: ChosenBuild): void => {
  const fresh = { planId: undefined, stopping: undefined, scan: undefined, masked: 0, kept: 0 };
  Object.assign(standing, { ...fresh, build, startedAtMs });
};

/** What the tree says now, also for a build that goes on: what an earlier scan gave and still holds is not asked again. */
const surveyBuild = async (
  { config, driver, store, progress }: CoursePorts,
  { build, pkgpaths }: ChosenBuild,
  ground: Ground,
  signal: AbortSignal,
): Promise<Survey> => {
  const survey = await surveyTree({
    config,
    driver,
    ground,
    pkgpaths,
    signal,
    store: config.build.scanCache ? store : undefined,
    onScanning: () => progress.enter('scanning'),
    onProgress: progress.tellScan,
    onFailure: ({ pkgpath, reason }) => progress.tell({ kind: 'scanFailed', pkgpath, reason }),
    onWarning: (text) => progress.tell({ kind: 'warning', text }),
  });
  store.setPlatform(build, survey.tree.platform);
  const revision = await readTreeRevision(config.paths.pkgsrc);
  if (revision.kind !== 'none') store.setRevision(build, describeRevision(revision));
  progress.enter('resolving');
  return survey;
};

/** Packages that no plan can have. */
const countMasked = ({ resolution }: LiveBuild): number =>
  resolution.packages.filter(({ state }) => state.kind !== 'buildable').length;

const reportBuild = (
  ports: CoursePorts,
  { rebuild }: ChosenBuild,
  live: LiveBuild,
  ending: PlanEnding,
): Promise<BuildSummary> => {
  const { config, core, driver, hostName, paths, progress, store } = ports;
  const counts = progress.counts() ?? noCounts;
  progress.enter('reporting');
  return finishBuild({
    live,
    ending,
    core,
    store,
    paths,
    reportDir: rebuild === undefined ? paths.meta : paths.rebuildMeta,
    packagesDir: config.paths.packages,
    hostName,
    slots: Math.min(config.build.slots, driver.slotsMax),
    baseUrl: config.report.baseUrl,
    subjectPrefix: config.report.subjectPrefix,
    graphLimit: config.report.graphLimit,
    summary: config.summary,
    counts,
    onWarning: (text) => progress.tell({ kind: 'warning', text }),
  });
};

const endEarly = (
  { config, paths, log }: CoursePorts,
  { build }: ChosenBuild,
  { aborted: stopped, reason }: AbortSignal,
  cause: unknown,
): BuildSummary => {
  if (!stopped) log.error({ build, error: messageOf(cause) }, 'the build cannot go on');
  else if (cause !== reason) log.warn({ build, error: messageOf(cause) }, 'trouble while the build stopped');
  return summarizeEarlyEnd({ build, cause, stopped, logs: paths.logs, packages: config.paths.packages });
};

/**
 * A build that could not even begin has nothing to resume; one that was stopped goes on at the next request. So does
 * one whose end cannot be written down, and finds nothing left to do: its summary holds all the same.
 */
const recordEnd = (
  { store, log, progress }: CoursePorts,
  { build }: ChosenBuild,
  summary: BuildSummary,
): void => {
  try {
    store.endBuild(build, summary.ending, Date.now(), figuresOf(summary));
  } catch (error) {
    const text = `the end of the build could not be recorded: ${messageOf(error)}`;
    log.error({ build }, text);
    progress.tell({ kind: 'warning', text });
  }
};

import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../../src/config/config.ts';
import type { SlotSeconds } from '../../src/core/accounting.ts';
import type { AgentState } from '../../src/core/agent.ts';
import type { PlanEnding } from '../../src/core/effect.ts';
import type { BuildId, HostId, PlanId, TaskName } from '../../src/core/ids.ts';
import type { Event, StopMode } from '../../src/core/input.ts';
import { messageOf } from '../../src/errors.ts';
import { describeRevision, readTreeRevision } from '../../src/pkgsrc/revision.ts';
import type { Elsewhere } from '../../src/pkgsrc/scan/elsewhere.ts';
import type { SandboxDriver } from '../../src/sandbox/driver.ts';
import type { Store } from '../../src/store/open.ts';
import type { BuildSummary } from '../control/protocol.ts';
import { Turns } from '../files/turns.ts';
import { createBuildHooks } from '../hooks.ts';
import type { AgentPaths } from '../paths.ts';
import type { Progress } from '../progress.ts';
import type { DealRequest, Scanner } from '../scan/dealer.ts';
import type { BuildTerms } from '../sheet/terms.ts';
import { noCounts, summarizeEarlyEnd } from './ending.ts';
import { finishBuild } from './finish.ts';
import { type Ground, layGround } from './ground.ts';
import type { LiveBuild } from './live.ts';
import type { Lives } from './lives.ts';
import { figuresOf } from './outcomes.ts';
import { planBuild, type Sealing } from './plan.ts';
import type { ChosenBuild } from './request.ts';
import { openSettings, type SettingsReader } from './settings.ts';
import { type Survey, type SurveyRequest, surveyTree } from './survey.ts';

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
  /** What people call a host. */
  nameHost(host: HostId): string;
  readonly lives: Lives;
  /** Undefined: this host builds alone. */
  readonly mesh?: CourseMesh | undefined;
  push(event: Event): void;
}

/** How other hosts take part in a build that was asked for here. */
export interface CourseMesh {
  /** Begins to pack what they need of this host; beside the scan, since both take their time. */
  pack(chosen: ChosenBuild, ground: Ground): Packing;
  /** Lets them help with the scan as soon as they can. */
  helpScan(request: DealRequest): (scanner: Scanner) => Elsewhere;
  /** The plan is made, and about to be told to all. */
  planned(live: LiveBuild): Promise<void>;
  /** Tasks that were built, and whose files are on this host. */
  listPresent(live: LiveBuild): Promise<readonly TaskName[]>;
  /**
   * Resolves when all packages are on this host that are to be had. One line for each that is not. Rejects with the reason of the
   * signal: that may take hours.
   */
  collected(planId: PlanId, signal: AbortSignal | undefined): Promise<readonly string[]>;
  /** All of its packages come to this host: a summary of them has a meaning here. */
  isWhole(planId: PlanId): boolean;
  /** False where hosts share their files and another one writes the report. */
  isReporter(planId: PlanId): boolean;
  /** Where the time of all slots of all hosts went, and how many there are. */
  account(planId: PlanId): Promise<MeshAccount>;
}

/** What other hosts need of this one for a build. */
export interface Packing {
  /** Unix milliseconds. */
  readonly sinceMs: number;
  readonly terms: Promise<BuildTerms>;
  seal(survey: Survey, settings: SettingsReader): Sealing;
}

/** What hosts that worked on a plan say together. */
export interface MeshAccount {
  readonly slots: number;
  readonly slotSeconds: SlotSeconds;
}

/** One build on its way. */
export interface Course {
  readonly chosen: ChosenBuild;
  /** Never rejects. */
  readonly ended: Promise<void>;
  stop(mode: StopMode): void;
  planEnded(planId: PlanId, ending: PlanEnding): void;
  /** The agent ends; the build goes on, with the other hosts and with the next life of this one. `now`: its last hook is killed. */
  leave(mode: StopMode): void;
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
  ending.promise.catch(() => undefined);
  const onWarning = (text: string): void => progress.tell({ kind: 'warning', text });
  const hooks = createBuildHooks({
    config: ports.config,
    build: chosen.build,
    logFile: hookLog(ports.paths),
    onWarning,
  });
  let hasBegun = false;
  let hasLeft = false;
  let ground: Ground | undefined;
  let live: LiveBuild | undefined;
  /** Its plan, from when runs of it could find it. */
  let known: PlanId | undefined;

  const run = async (): Promise<BuildSummary> => {
    progress.enter('preparing');
    ground = await layGround(ports.config, ports.driver.traits);
    for (const text of ground.warnings) onWarning(text);
    await hooks.before(abort.signal);
    hasBegun = true;
    const packing = ports.mesh?.pack(chosen, ground);
    const help = packing && askForHelp(packing, ground);
    const survey = await surveyBuild(ports, chosen, ground, help, abort.signal);
    const settings = openSettings(ports.config, ground, survey.tree);
    const { settingsOf } = settings;
    const { skipAgeCheck } = ports.config.build;
    const sealing = packing?.seal(survey, settings);
    const learnt = { ground, survey, settingsOf, skipAgeCheck, sealing, onWarning };
    const { live: planned, entries } = await planBuild(ports.store, chosen, learnt, abort.signal);
    const { planId, plan } = planned;
    known = planId;
    ports.lives.add(planned);
    const files = await ports.mesh?.listPresent(planned);
    abort.signal.throwIfAborted();
    await ports.mesh?.planned(planned);
    abort.signal.throwIfAborted();
    // From here on a stop is the core's to hear: it must know the plan before, so nothing is waited for between.
    live = planned;
    progress.stand(planned);
    ports.push({ kind: 'planAdded', planId, plan, entries, ...(files && { files }) });
    progress.enter('building');
    const isRebuild = chosen.rebuild !== undefined;
    return reportBuild(ports, planned, await ending.promise, isRebuild, abort.signal, afterAbort.signal);
  };

  const askForHelp = ({ terms, sinceMs }: Packing, base: Ground): SurveyRequest['help'] =>
    ports.mesh?.helpScan({
      ...{ chosen, ground: base, terms, sinceMs, signal: abort.signal },
      hasLeft: () => hasLeft,
      stop: () => abort.abort(new Error('the scan was stopped on another host')),
      countDone: () => {
        const { done = 0, failed = 0 } = progress.standing.scan ?? {};
        return { done, failed };
      },
    });

  const conclude = async (): Promise<void> => {
    beginStanding(progress, chosen);
    const summary = await run().catch((cause: unknown) => endEarly(ports, chosen.build, abort.signal, cause));
    // What a person has stopped does not go on by itself in the next life.
    if (!hasLeft || progress.standing.stopping !== undefined) recordEnd(ports, chosen.build, summary);
    if (hasBegun && !hasLeft) await hooks.after(summary, afterAbort.signal);
    // Other hosts may try again what failed, long after the end.
    const isOver = ports.mesh === undefined || live === undefined;
    if (known !== undefined && isOver) ports.lives.drop(known);
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
    leave: (mode) => {
      hasLeft = true;
      if (mode === 'now') afterAbort.abort();
      const reason = new Error('the agent ends');
      abort.abort(reason);
      ending.reject(reason);
    },
    planEnded: (planId, how) => {
      if (planId === live?.planId) ending.resolve(how);
    },
    live: () => live,
    ground: () => ground,
  };
};

/** What the operator's programs print. */
export const hookLog = ({ meta }: Pick<AgentPaths, 'meta'>): string => join(meta, 'hooks.log');

const beginStanding = ({ standing }: Progress, { build, startedAtMs }: ChosenBuild): void => {
  const fresh = { planId: undefined, stopping: undefined, scan: undefined, masked: 0, kept: 0 };
  Object.assign(standing, { ...fresh, build, startedAtMs });
};

/** What the tree says now, also for a build that goes on: what an earlier scan gave and still holds is not asked again. */
const surveyBuild = async (
  { config, driver, store, progress }: CoursePorts,
  { build, pkgpaths }: ChosenBuild,
  ground: Ground,
  help: SurveyRequest['help'],
  signal: AbortSignal,
): Promise<Survey> => {
  const survey = await surveyTree({
    config,
    driver,
    ground,
    pkgpaths,
    help,
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

/**
 * Writes what is to be said of a build whose plan has ended. Rejects with the reason of the signal while files still come; files
 * that have not come when `hurry` is aborted are not waited for.
 */
export const reportBuild = async (
  ports: CoursePorts,
  live: LiveBuild,
  ending: PlanEnding,
  isRebuild: boolean,
  signal?: AbortSignal,
  hurry?: AbortSignal,
): Promise<BuildSummary> => {
  const { config, core, driver, hostName, paths, progress, store, mesh } = ports;
  if (progress.standing.planId === live.planId) progress.enter('reporting');
  const onWarning = (text: string): void => progress.tell({ kind: 'warning', text });
  for (const line of await collect(mesh, live.planId, signal, hurry)) onWarning(line);
  const counts = progress.countsOf(live) ?? noCounts;
  if (mesh?.isReporter(live.planId) === false) {
    const places = { logs: paths.logs, packages: join(live.repository.packagesDir, 'All') };
    return {
      ...summarizeEarlyEnd({ build: live.build, cause: undefined, stopped: true, ...places }),
      ending,
      counts,
    };
  }
  const account = await mesh?.account(live.planId);
  // Builds that end at once have their reports in one place.
  return reports.take(paths.meta, () =>
    finishBuild({
      live,
      ending,
      core,
      store,
      paths,
      reportDir: isRebuild ? paths.rebuildMeta : paths.meta,
      packagesDir: live.repository.packagesDir,
      hostName,
      slots: account?.slots ?? Math.min(config.build.slots, driver.slotsMax),
      slotSeconds: account?.slotSeconds,
      baseUrl: config.report.baseUrl,
      subjectPrefix: config.report.subjectPrefix,
      graphLimit: config.report.graphLimit,
      summary: mesh?.isWhole(live.planId) === false ? undefined : config.summary,
      counts,
      onWarning,
    }),
  );
};

/** What is missing here of a build in the end, one line each. */
const collect = async (
  mesh: CourseMesh | undefined,
  planId: PlanId,
  signal: AbortSignal | undefined,
  hurry: AbortSignal | undefined,
): Promise<readonly string[]> => {
  const signals = [signal, hurry].filter((one) => one !== undefined);
  try {
    return (await mesh?.collected(planId, AbortSignal.any(signals))) ?? [];
  } catch (error) {
    if (signal?.aborted === true || hurry?.aborted !== true) throw error;
    return ['stopped: packages of this build that other hosts have were not all brought here'];
  }
};

const reports = new Turns();

/** The summary of a build that ends without a report. `signal`: aborted where it was told to stop. */
export const endEarly = (
  { config, paths, log }: Pick<CoursePorts, 'config' | 'paths' | 'log'>,
  build: BuildId,
  signal: AbortSignal | undefined,
  cause: unknown,
): BuildSummary => {
  const stopped = signal?.aborted === true;
  if (!stopped) log.error({ build, error: messageOf(cause) }, 'the build cannot go on');
  else if (cause !== signal?.reason)
    log.warn({ build, error: messageOf(cause) }, 'trouble while the build stopped');
  return summarizeEarlyEnd({ build, cause, stopped, logs: paths.logs, packages: config.paths.packages });
};

/**
 * A build that could not even begin has nothing to resume; one that was stopped goes on at the next request. So does
 * one whose end cannot be written down, and finds nothing left to do: its summary holds all the same.
 */
export const recordEnd = (
  { store, log, progress }: Pick<CoursePorts, 'store' | 'log' | 'progress'>,
  build: BuildId,
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

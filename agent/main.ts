import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { Config } from '../src/config/config.ts';
import { type AgentState, createAgent, handle, isAtRest, slotViews } from '../src/core/agent.ts';
import type { Event, Now, RunResult, StopMode } from '../src/core/input.ts';
import { BulkmeshError } from '../src/errors.ts';
import { sweepOwn, sweepTemporaries } from '../src/pkgsrc/build/save.ts';
import type { DriverKind, Sandbox } from '../src/sandbox/driver.ts';
import { chooseDriver } from '../src/sandbox/select.ts';
import { openStore, type Store } from '../src/store/open.ts';
import { type Backlog, createBacklog } from './backlog.ts';
import { countRuns, describeBoot } from './boot.ts';
import { createDirector, type Director } from './build/director.ts';
import { runTask } from './build/live.ts';
import { type ControlTarget, serveControl } from './control/server.ts';
import { createPerformer } from './effects.ts';
import { createKeeper } from './keeper.ts';
import { createLog, type LogMode } from './log.ts';
import { type Loop, startLoop } from './loop.ts';
import { findMeshId } from './meshId.ts';
import { createLoneMesh } from './meshPort.ts';
import { type AgentPaths, agentPaths } from './paths.ts';
import { createProgress, type Progress } from './progress.ts';
import { measureResources, watchResources } from './resources.ts';
import { createKeeper as createFailureKeeper } from './sandboxes/keeper.ts';
import { findRegisterDir, openRegister } from './share/register.ts';
import { createShare, type Share } from './share/share.ts';
import { createSlots, type Slots, type SlotWork } from './slots.ts';
import { readVersion } from './version.ts';
import { loadPerCore, makeGroundFinder } from './watch.ts';

export interface AgentOptions {
  readonly log: LogMode;
}

/** An agent that runs in this process. */
export interface RunningAgent {
  readonly socket: string;
  /** Drain: what runs may finish. Now: it is killed, and built again another time. Either way nothing is left. */
  shutdown(mode: StopMode): void;
  /** Resolves when the agent has shut down and every sandbox is gone. */
  readonly stopped: Promise<void>;
}

/**
 * Starts the agent of one host: takes the state directory, sweeps what an earlier life left, boots the core and
 * answers on the control socket. Throws `BulkmeshError`, and then nothing is running or locked.
 */
export const startAgent = async (config: Config, options: AgentOptions): Promise<RunningAgent> => {
  const log = createLog(options.log);
  const paths = agentPaths(config);
  const store = openStore(paths.state, {
    onBadRow: (bad) => log.warn({ bad }, 'a row of the store could not be read and is left out'),
  });
  try {
    return await startWithStore(config, paths, store, log);
  } catch (error) {
    store.close();
    throw error;
  }
};

/** Builds whose facts and history stay in the store: with one a night, those of three months. */
const buildsKept = 100;

const clock = (): Now => ({ now: performance.now(), wall: Date.now() });

const startWithStore = async (
  config: Config,
  paths: AgentPaths,
  store: Store,
  log: Logger,
): Promise<RunningAgent> => {
  const meshId = findMeshId(config.mesh.keyFile, store.life.host);
  const { driver, warnings } = await chooseDriver({
    ...config.sandbox,
    stateDir: paths.state,
  });
  for (const warning of warnings) log.warn(warning);
  const swept = await driver.sweep();
  log.info({ ...swept }, 'swept what an earlier life left');
  const left = swept.left.map((line) => `an earlier life left what will not go: ${line}`);
  for (const line of left) log.warn(line);
  await sweepTemporaries(config.paths.packages, store.life.host);
  await sweepOwn(config.paths.distfiles, store.life.host);
  for (const run of store.openRuns()) {
    store.addAttempt({
      ...run,
      trouble: 'lost',
      detail: 'the agent died while it ran',
      endedAtMs: Date.now(),
    });
  }

  const forgotten = store.forgetBuilds(buildsKept);
  if (forgotten > 0) log.info({ forgotten }, 'forgot the oldest builds; how long packages take stays known');

  const core = createAgent();
  const hopeless = Promise.withResolvers<void>();
  const progress = createProgress(core, clock);
  const slotsWanted = countRuns(config, driver);
  // The parts know each other through the loop: each is made with a way to push, and the loop is made last.
  let loop: Loop | undefined;
  const push: Loop['push'] = (event) => loop?.push(event);
  const director = createDirector({
    config,
    paths,
    core,
    store,
    driver,
    progress,
    log,
    hostName: hostname(),
    push,
  });
  const slots = createSlots({
    driver,
    log,
    stateDir: paths.state,
    push,
    runs: progress.runs,
    work: createWork(config, paths, store, core, director, (text) => {
      log.warn(text);
      progress.tell({ kind: 'warning', text });
    }),
    beginRun: (run) => store.beginRun(run),
    endRun: (run, trouble) => {
      if (trouble === undefined) store.endRun(run.token);
      else store.addAttempt({ ...run, ...trouble, endedAtMs: Date.now() });
    },
    onStage: (slot, { pkg, stage }) => {
      if (stage !== undefined) progress.tell({ kind: 'stage', pkg, slot, stage, atMs: Date.now() });
    },
  });
  const backlog = createBacklog({ store, log });
  const mesh = createLoneMesh(push);
  loop = startLoop((event, now) => handle(core, event, now), {
    clock,
    perform: createPerformer({ slots, mesh, backlog, director, progress, log }),
    ...createKeeper({ store, director, progress, log, onHopeless: hopeless.resolve }),
  });
  loop.push(describeBoot(config, driver, { life: store.life, ballotN: store.ballotN, meshId }));
  const filled = [paths.state, config.paths.packages];
  loop.push({ kind: 'resources', resources: await measureResources(filled) });
  const stopWatching = watchResources(filled, (resources) => push({ kind: 'resources', resources }));
  const share = shareHost(config, store, log, slotsWanted, push);
  const standing = { config, paths, store, backlog, log, share, warnings: [...warnings, ...left] };
  return serve({
    ...standing,
    core,
    director,
    progress,
    slots,
    loop,
    driver,
    slotsWanted,
    hopeless,
    stopWatching,
  });
};

/** Agents of one host find each other, and each uses its part of it while others have work too. */
const shareHost = (
  config: Config,
  store: Store,
  log: Logger,
  slots: number,
  push: (event: Event) => void,
): Share => {
  const place = findRegisterDir(process.env);
  if (place.kind === 'none') log.info({ why: place.why }, 'other agents of this host are not looked for');
  const { host: id } = store.life;
  return createShare({
    register: place.kind === 'found' ? openRegister(place.dir, id) : undefined,
    id,
    configFile: config.file,
    slots,
    cores: config.build.cores,
    directories: { 'paths.packages': config.paths.packages, 'paths.bulklog': config.paths.bulklog },
    onPortion: (portion) => push({ kind: 'allowance', ...portion }),
    log,
  });
};

const createWork = (
  config: Config,
  paths: AgentPaths,
  store: Store,
  core: AgentState,
  director: Director,
  onWarning: (text: string) => void,
) => {
  const place = {
    logDir: paths.logs,
    storageDirs: [paths.state, config.paths.packages],
    owner: store.life.host,
    findGround: makeGroundFinder({ core, estimates: () => store.estimates(), loadPerCore }),
    onWarning,
  };
  const liveBuild = () => {
    const live = director.live();
    if (live === undefined) throw new Error('a task is to run while no build goes on');
    return live;
  };
  const keeper = createFailureKeeper({ config, onWarning });
  return {
    spec: () => director.spec(),
    run: (...[start, sandbox, signal, onStage]: Parameters<SlotWork['run']>) =>
      runTask(liveBuild(), start, sandbox, place, signal, onStage),
    keep: async ({ task, jobs }: Parameters<SlotWork['run']>[0], sandbox: Sandbox, result: RunResult) => {
      const live = director.live();
      return live !== undefined && keeper.keep(sandbox, { live, pkg: task, jobs, result });
    },
  };
};

interface Parts {
  readonly config: Config;
  readonly paths: AgentPaths;
  readonly store: Store;
  readonly backlog: Backlog;
  readonly log: Logger;
  readonly share: Share;
  readonly warnings: readonly string[];
  readonly core: AgentState;
  readonly director: Director;
  readonly progress: Progress;
  readonly slots: Slots;
  readonly loop: Loop;
  readonly driver: { readonly kind: DriverKind };
  readonly slotsWanted: number;
  readonly stopWatching: () => void;
  /** Resolved when entries can no longer be stored: nothing can come to its ordinary end then. */
  readonly hopeless: PromiseWithResolvers<void>;
}

/** Opens the control socket and waits, in the background, for the wish to shut down. */
const serve = async (parts: Parts): Promise<RunningAgent> => {
  const { config, paths, store, log, share, core, director, progress, slots, loop } = parts;
  const asked = Promise.withResolvers<void>();
  let isEnding = false;
  const shutdown = (mode: StopMode): void => {
    isEnding = true;
    log.info({ mode }, 'shutting down');
    director.stop(mode);
    loop.push({ kind: 'shutdown', mode });
    asked.resolve();
    if (mode === 'now' && loop.isStuck()) parts.hopeless.resolve();
  };
  const target: ControlTarget = {
    status: () => ({
      version: readVersion(),
      host: store.life.host,
      hostName: hostname(),
      incarnation: store.life.incarnation,
      pid: process.pid,
      configFile: config.file,
      driver: parts.driver.kind,
      warnings: parts.warnings,
      share: share.view(),
      snapshot: progress.snapshot(),
    }),
    subscribe: progress.subscribe,
    build: async (request) => {
      if (isEnding) {
        throw new BulkmeshError('AGENT_ENDING', 'the agent is shutting down and begins no build', {
          hint: 'ask again when it is gone, or when it was started anew',
        });
      }
      return share.build(() => director.build(request), director.idle);
    },
    stop: (mode) => director.stop(mode),
    sandboxes: () => slots.list(slotViews(core)),
    destroySandbox: (slot) =>
      loop.push({ kind: 'slotCondemned', slot: slots.findIdle(slotViews(core), slot) }),
    shutdown,
  };
  const server = await serveControl(paths.socket, target).catch((error: unknown) => {
    parts.stopWatching();
    throw error;
  });
  log.info(
    { socket: paths.socket, driver: parts.driver.kind, slots: parts.slotsWanted },
    'the agent is ready',
  );
  const comeToRest = async (): Promise<boolean> => {
    await asked.promise;
    await director.idle();
    await loop.settled(() => isAtRest(core));
    return true;
  };
  const finish = async (): Promise<void> => {
    const isAtEnd = await Promise.race([comeToRest(), parts.hopeless.promise.then(() => false)]);
    isEnding = true;
    parts.stopWatching();
    loop.close();
    // Nobody heard of what could not be stored: those packages are built again.
    if (!isAtEnd) await slots.abandon();
    await server.close();
    parts.backlog.close();
    store.close();
    log.info('the agent has ended; nothing of it is left on this host');
  };
  return { socket: paths.socket, shutdown, stopped: finish() };
};

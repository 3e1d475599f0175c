import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../src/config/config.ts';
import { createAgent, handle } from '../src/core/agent.ts';
import type { Event, Now, StopMode } from '../src/core/input.ts';
import { sweepOwn, sweepTemporaries } from '../src/pkgsrc/build/save.ts';
import type { SandboxDriver } from '../src/sandbox/driver.ts';
import { chooseDriver } from '../src/sandbox/select.ts';
import { openStore, type Store } from '../src/store/open.ts';
import { createBacklog } from './backlog.ts';
import { countRuns, describeBoot } from './boot.ts';
import type { CoursePorts } from './build/course.ts';
import { createDirector } from './build/director.ts';
import { createLives } from './build/lives.ts';
import { createBuildsPort } from './builds.ts';
import { openDrainMark } from './drained.ts';
import { createPerformer } from './effects.ts';
import { createKeeper } from './keeper.ts';
import { createLog, type LogMode } from './log.ts';
import { type Loop, startLoop } from './loop.ts';
import { compareGrounds } from './mesh/grounds.ts';
import {
  createLatePort,
  type Ending,
  nameHosts,
  openMember,
  takeUpEarlier,
  watchMember,
} from './mesh/member.ts';
import { findMembership } from './mesh/membership.ts';
import type { MeshShell } from './mesh/shell.ts';
import { createLoneMesh } from './meshPort.ts';
import { openMetrics } from './metrics/open.ts';
import { createTally } from './metrics/tally.ts';
import { type AgentPaths, agentPaths } from './paths.ts';
import { createProgress } from './progress.ts';
import { measureResources, watchResources } from './resources.ts';
import { serveAgent } from './serve.ts';
import { findRegisterDir, openRegister } from './share/register.ts';
import { createShare, type Share } from './share/share.ts';
import { guestRepositories } from './sheet/fit.ts';
import { createSlots } from './slots.ts';
import { openDesk } from './view/open.ts';
import { createWork } from './work.ts';

export interface AgentOptions {
  readonly log: LogMode;
  /** False: this agent is for its own host alone, whatever keys there are. Absent: false. */
  readonly isMember?: boolean;
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
 * Starts the agent of one host: takes the state directory, sweeps what an earlier life left, boots the core, joins its mesh and
 * answers on the control socket. Throws `BulkmeshError`, and then nothing is running or locked.
 */
export const startAgent = async (config: Config, options: AgentOptions): Promise<RunningAgent> => {
  const log = createLog(options.log);
  const paths = agentPaths(config);
  const store = openStore(paths.state, {
    onBadRow: (bad) => log.warn({ bad }, 'a row of the store could not be read and is left out'),
  });
  try {
    return await startWithStore(config, paths, store, log, options.isMember === true);
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
  isMember: boolean,
): Promise<RunningAgent> => {
  const membership = isMember ? await findMembership(config, log) : undefined;
  const { driver, warnings } = await chooseDriver({ ...config.sandbox, stateDir: paths.state });
  const left = await sweep(config, store, driver, log);
  for (const warning of [...warnings, ...left]) log.warn(warning);

  const core = createAgent();
  const hopeless = Promise.withResolvers<void>();
  const ending: Ending = { isSet: false, now: new AbortController() };
  const lives = createLives();
  const progress = createProgress(core, clock);
  const slotsWanted = countRuns(config, driver);
  const warn = (text: string): void => {
    log.warn(text);
    progress.tell({ kind: 'warning', text });
  };
  // The parts know each other through the loop: each is made with a way to push, and the loop is made last.
  let loop: Loop | undefined;
  let shell: MeshShell | undefined;
  const push: Loop['push'] = (event) => loop?.push(event);
  const names = nameHosts(store.life.host, config.mesh.name, () => shell?.node);
  const coursePorts: CoursePorts = {
    ...{ config, paths, core, store, driver, lives, progress, log, push },
    hostName: config.mesh.name,
    nameHost: names,
    get mesh() {
      return shell?.course;
    },
  };
  const director = createDirector(coursePorts);
  const keeper = createKeeper({ store, director, progress, log, onHopeless: hopeless.resolve });
  const slots = createSlots({
    driver,
    log,
    stateDir: paths.state,
    push,
    runs: progress.runs,
    work: createWork({
      ...{ config, paths, store, core, director, lives, onWarning: warn },
      bringDepends: async (...asked) => shell?.bringDepends?.(...asked),
      bringDistfiles: async (...asked) => (await shell?.bringDistfiles?.(...asked)) ?? new DisposableStack(),
      runBatch: async (run) => {
        if (shell === undefined) throw new Error('a scan of the mesh is to run without one');
        return shell.scanning.runBatch(run);
      },
    }),
    beginRun: keeper.beginRun,
    endRun: (run, trouble) => {
      if (trouble === undefined) store.endRun(run.token);
      else store.addAttempt({ ...run, ...trouble, endedAtMs: Date.now() });
    },
    onStage: (slot, { pkg, stage }) => {
      if (stage !== undefined) progress.tell({ kind: 'stage', pkg, slot, stage, atMs: Date.now() });
    },
  });
  const tally = createTally(store.life.host);
  const backlog = createBacklog({ store, director, log });
  const mesh =
    membership === undefined ? createLoneMesh(push) : createLatePort(() => shell?.port, createLoneMesh(push));
  loop = startLoop((event, now) => handle(core, event, now), {
    clock,
    perform: createPerformer({
      ...{ slots, mesh, backlog, director, progress, log },
      tally,
      nameOther: (host) => (host === store.life.host ? undefined : names(host)),
      isScan: (planId) => shell?.scanning.isScan(planId) ?? false,
      onEvicted: () => push({ kind: 'drained', isDrained: true }),
      onFacts: (facts) => shell?.hearFacts(facts),
      onPlanEnded: (planId, how) => {
        // That this agent ends is no end of what the others go on with.
        if (ending.isSet && shell !== undefined) shell.leave(planId);
        else if (director.planEnded(planId, how)) shell?.retire();
        else shell?.planEnded(planId, how);
      },
    }),
    ...keeper,
  });
  const { meshId = store.life.host } = membership?.keys ?? {};
  const identity = { life: store.life, ballotN: store.ballotN, meshId, mesh: membership?.options };
  loop.push(describeBoot(config, driver, identity));
  const drain = openDrainMark(paths.state, log);
  if (drain.isSet()) loop.push({ kind: 'drained', isDrained: true });
  const filled = [paths.state, config.paths.packages];
  loop.push({ kind: 'resources', resources: await measureResources(filled) });
  const watches = [watchResources(filled, (resources) => push({ kind: 'resources', resources }))];
  const share = shareHost(config, store, log, slotsWanted, push);
  const closeAll = (): void => {
    for (const close of watches) close();
  };
  try {
    if (membership !== undefined) {
      shell = await openMember({ ...coursePorts, ending }, membership);
      watches.push(...watchMember({ config, shell, log, push, warn }));
      await takeUpEarlier({ shell, store, director, share, log });
    }
    const builds = createBuildsPort({
      ...{ core, director, lives, store, push },
      isShared: (planId) =>
        shell?.adoption.list().some((plan) => plan.planId === planId && !plan.scan) === true,
      takeUp: async (planId) => (await shell?.adoption.takeUp(planId)) ?? false,
    });
    const serving = shell;
    return await serveAgent({
      ...{ config, paths, store, backlog, log, share, core, director, progress, slots, loop, driver },
      ...{ slotsWanted, hopeless, ending, lives },
      warnings: [...warnings, ...left],
      mesh: serving,
      openMetrics: (desk) => openMetrics(config.metrics, { desk, tally, node: serving?.node, log }),
      openDesk: (shutdown) =>
        openDesk({
          ...{ core, progress, builds, shutdown },
          driver: driver.kind,
          name: config.mesh.name,
          get warnings() {
            return [...warnings, ...left, ...(serving?.adoption.listTroubles() ?? [])];
          },
          line: serving?.node,
          compare:
            membership && ((link) => compareGrounds(membership.grounds, link.grounds, link.clockAheadMs)),
          push: (event) => {
            if (event.kind === 'drained') drain.set(event.isDrained);
            push(event);
          },
        }),
      stopWatching: closeAll,
    });
  } catch (error) {
    closeAll();
    loop.close();
    await shell?.stop();
    throw error;
  }
};

/** Takes away what an earlier life left on this host and in its store; what will not go, one line each. */
const sweep = async (
  config: Config,
  store: Store,
  driver: SandboxDriver,
  log: Logger,
): Promise<readonly string[]> => {
  const swept = await driver.sweep();
  log.info({ ...swept }, 'swept what an earlier life left');
  const guests = guestRepositories(config.paths.state);
  const owners = await readdir(guests).catch(() => []);
  for (const dir of [config.paths.packages, ...owners.map((owner) => join(guests, owner))]) {
    await sweepTemporaries(dir, store.life.host);
  }
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
  return swept.left.map((line) => `an earlier life left what will not go: ${line}`);
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

import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { Config } from '../src/config/config.ts';
import { type AgentState, isAtRest, slotViews } from '../src/core/agent.ts';
import type { StopMode } from '../src/core/input.ts';
import { findPlan } from '../src/core/state.ts';
import { BulkmeshError } from '../src/errors.ts';
import type { DriverKind } from '../src/sandbox/driver.ts';
import type { Store } from '../src/store/open.ts';
import type { Backlog } from './backlog.ts';
import type { Director } from './build/director.ts';
import type { LiveBuild } from './build/live.ts';
import type { Lives } from './build/lives.ts';
import type { BuildRequest } from './control/protocol.ts';
import { type ControlTarget, serveControl } from './control/server.ts';
import type { Loop } from './loop.ts';
import type { RunningAgent } from './main.ts';
import type { Ending } from './mesh/member.ts';
import type { AgentPaths } from './paths.ts';
import type { Progress } from './progress.ts';
import type { Share } from './share/share.ts';
import type { Slots } from './slots.ts';
import { readVersion } from './version.ts';
import type { Desk } from './view/desk.ts';

/** An agent whose parts are there, and which nobody can ask anything yet. */
export interface Parts {
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
  /** Resolved when entries can no longer be stored: nothing can come to its ordinary end then. */
  readonly hopeless: PromiseWithResolvers<void>;
  readonly ending: Ending;
  /** Undefined: an agent that is in no mesh. */
  readonly mesh: { stop(): Promise<void> } | undefined;
  readonly lives: Lives;
  /** Made with the way to end the agent. */
  openDesk(shutdown: (mode: StopMode) => void): Desk;
  /** Gives figures of the agent, where its configuration says; returns the way to end that. */
  openMetrics(desk: Desk): Promise<() => Promise<void>>;
  /** Ends what measures and watches. */
  stopWatching(): void;
}

/** Opens the control socket and waits, in the background, for the wish to shut down. */
export const serveAgent = async (parts: Parts): Promise<RunningAgent> => {
  const { paths, log, director, loop, ending } = parts;
  const asked = Promise.withResolvers<void>();
  const shutdown = (mode: StopMode): void => {
    ending.isSet = true;
    if (mode === 'now') ending.now.abort();
    log.info({ mode }, 'shutting down');
    // What other hosts work on goes on without this one.
    if (parts.mesh === undefined) director.stop(mode);
    else director.leave(mode);
    loop.push({ kind: 'shutdown', mode });
    asked.resolve();
    if (mode === 'now' && loop.isStuck()) parts.hopeless.resolve();
  };
  const desk = parts.openDesk(shutdown);
  const giveUp = (error: unknown): never => {
    desk.close();
    parts.stopWatching();
    throw error;
  };
  const endMetrics = await parts.openMetrics(desk).catch(giveUp);
  const server = await serveControl(paths.socket, describeTarget(parts, desk, shutdown)).catch(
    async (error: unknown) => {
      await endMetrics();
      return giveUp(error);
    },
  );
  log.info(
    { socket: paths.socket, driver: parts.driver.kind, slots: parts.slotsWanted },
    'the agent is ready',
  );
  const finish = async (): Promise<void> => {
    const isAtEnd = await Promise.race([
      comeToRest(parts, asked.promise),
      parts.hopeless.promise.then(() => false),
    ]);
    ending.isSet = true;
    desk.close();
    parts.stopWatching();
    loop.close();
    // Nobody heard of what could not be stored: those packages are built again.
    if (!isAtEnd) await parts.slots.abandon();
    await parts.mesh?.stop();
    await endMetrics();
    await server.close();
    parts.backlog.close();
    parts.store.close();
    log.info('the agent has ended; nothing of it is left on this host');
  };
  return { socket: paths.socket, shutdown, stopped: finish() };
};

const comeToRest = async ({ director, loop, core }: Parts, asked: Promise<void>): Promise<boolean> => {
  await asked;
  await director.idle();
  await loop.settled(() => isAtRest(core));
  return true;
};

/** A build of the mesh that a request without words of its own means: it is watched here, and not begun a second time. */
const findGoing = (parts: Parts, request: BuildRequest): string | undefined => {
  const { pkgpaths, fresh, everything = false, rebuild } = request;
  if (pkgpaths.length > 0 || fresh || everything || rebuild !== undefined) return undefined;
  return parts.director.current() === undefined ? findGoingLive(parts)?.build : undefined;
};

const findGoingLive = ({ core, lives }: Parts): LiveBuild | undefined =>
  lives.list().findLast(({ planId }) => {
    const plan = findPlan(core, planId);
    return plan !== undefined && plan.ending === undefined;
  });

const describeTarget = (parts: Parts, desk: Desk, shutdown: (mode: StopMode) => void): ControlTarget => {
  const { config, store, share, core, director, progress, slots, loop, ending } = parts;
  return {
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
      if (ending.isSet) {
        throw new BulkmeshError('AGENT_ENDING', 'the agent is shutting down and begins no build', {
          hint: 'ask again when it is gone, or when it was started anew',
        });
      }
      const known = findGoing(parts, request);
      if (known !== undefined) return { build: known, resumed: true };
      return share.build(() => director.build(request), director.idle);
    },
    stop: (mode) => {
      if (director.current() !== undefined) return director.stop(mode);
      // It was asked for elsewhere, or by an earlier life, and is watched here.
      const going = findGoingLive(parts);
      if (going !== undefined) loop.push({ kind: 'planStopped', planId: going.planId, mode });
    },
    sandboxes: () => slots.list(slotViews(core)),
    destroySandbox: (slot) =>
      loop.push({ kind: 'slotCondemned', slot: slots.findIdle(slotViews(core), slot) }),
    shutdown,
    desk,
  };
};

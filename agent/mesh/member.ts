import type { Logger } from 'pino';
import type { Config } from '../../src/config/config.ts';
import type { PlanEnding } from '../../src/core/effect.ts';
import type { HostId } from '../../src/core/ids.ts';
import type { Event } from '../../src/core/input.ts';
import { ownProtocol } from '../../src/core/message.ts';
import { messageOf } from '../../src/errors.ts';
import type { Store } from '../../src/store/open.ts';
import { ownPlatform } from '../boot.ts';
import { type CoursePorts, endEarly, hookLog, recordEnd, reportBuild } from '../build/course.ts';
import type { Director } from '../build/director.ts';
import type { LiveBuild } from '../build/live.ts';
import { isOfMesh, isRebuild } from '../build/rebuilds.ts';
import type { BuildSummary } from '../control/protocol.ts';
import { createBuildHooks } from '../hooks.ts';
import type { MeshPort } from '../meshPort.ts';
import type { Share } from '../share/share.ts';
import { readVersion } from '../version.ts';
import { storeAcquaintances } from './acquaintances.ts';
import { watchKeyRing } from './keys.ts';
import { watchLag } from './lag.ts';
import type { Membership } from './membership.ts';
import type { MeshNode } from './node.ts';
import { type MeshShell, openShell } from './shell.ts';

/** That the agent is to end. */
export interface Ending {
  /** From that moment on. */
  isSet: boolean;
  /** Aborted when it is to end at once. */
  readonly now: AbortController;
}

interface MemberPorts extends CoursePorts {
  /** Set from the moment on when the agent is to end. */
  readonly ending: Ending;
}

/** Becomes part of the mesh: opens the port, and calls those who are known. Throws what `openShell` throws. */
export const openMember = (ports: MemberPorts, membership: Membership): Promise<MeshShell> => {
  const { config, store, core } = ports;
  const { keys, known, grounds, options } = membership;
  const hello = {
    life: store.life,
    mesh: keys.meshId,
    protocol: ownProtocol,
    platform: ownPlatform(),
    eligibility: options.eligibility,
    runs: core.runs,
    cores: core.cores,
  };
  const { advertise, name, join } = config.mesh;
  return openShell({
    ...ports,
    ...{ keys, known, seeds: join, platform: hello.platform },
    introduce: () => ({ hello, addresses: advertise, name, version: readVersion(), grounds }),
    report: (live, how) => report(ports, live, how),
  });
};

/**
 * The end of a build that the director knows nothing of. An agent that ends leaves it to its next life. The operator's program for the
 * end runs where the build was asked for, in whichever life.
 */
const report = async (ports: MemberPorts, live: LiveBuild, ending: PlanEnding): Promise<void> => {
  const { progress, store } = ports;
  if (ports.ending.isSet) return;
  const record = store.findBuild(live.build);
  const wasRebuild = record !== undefined && isRebuild(record);
  const isOurs = record !== undefined && !isOfMesh(record);
  const summary = await reportBuild(ports, live, ending, wasRebuild).catch((cause: unknown) =>
    endEarly(ports, live.build, undefined, cause),
  );
  if (ports.ending.isSet) return;
  recordEnd(ports, live.build, summary);
  if (isOurs) await runAfter(ports, summary);
  if (progress.standing.planId !== live.planId) return;
  Object.assign(progress.standing, { stopping: undefined, startedAtMs: undefined });
  progress.enter('idle');
  progress.tell({ kind: 'finished', summary });
};

const runAfter = ({ config, paths, progress, ending }: MemberPorts, summary: BuildSummary): Promise<void> =>
  createBuildHooks({
    ...{ config, build: summary.build, logFile: hookLog(paths) },
    onWarning: (text) => progress.tell({ kind: 'warning', text }),
  }).after(summary, ending.now.signal);

interface WatchPorts {
  readonly config: Config;
  readonly shell: MeshShell;
  readonly log: Logger;
  push(event: Event): void;
  /** One line for the operator. */
  warn(text: string): void;
}

const keepMs = 30_000;

/** Keeps up with what changes around a member: its key file, whom it knows, how late it is. Returns the ways to end it. */
export const watchMember = ({ config, shell, log, push, warn }: WatchPorts): readonly (() => void)[] => {
  const { node } = shell;
  const endKeys = watchKeyRing(
    config.mesh.keyFile,
    (keys) => {
      log.info({ current: keys.current.id, previous: keys.previous?.id }, 'the mesh key has changed');
      node.setKeys(keys);
    },
    warn,
  );
  let kept = '';
  const keep = (): void => {
    const met = node.listMet();
    const text = JSON.stringify(met);
    if (text === kept || met.length === 0) return;
    kept = text;
    void storeAcquaintances(config.paths.state, node.meshId, met, (line) => log.warn(line));
  };
  const timer = setInterval(keep, keepMs).unref();
  return [
    endKeys,
    watchLag(push),
    () => {
      clearInterval(timer);
      keep();
    },
  ];
};

interface TakeUpPorts {
  readonly shell: MeshShell;
  readonly store: Pick<Store, 'listBuilds' | 'plansOf'>;
  readonly director: Director;
  readonly share: Pick<Share, 'build'>;
  readonly log: Logger;
}

/** So many builds that ended are known to hosts that have missed their ends. */
const endedMax = 3;
const latestMax = 20;

/**
 * Goes on with what an earlier life of this agent was at, and tells others how it ended. A build that was stopped waits for a
 * person's word; one of this host that had no plan yet begins its scan anew.
 */
export const takeUpEarlier = async (ports: TakeUpPorts): Promise<void> => {
  const { shell, store, director, share, log } = ports;
  let ended = 0;
  const builds = store.listBuilds();
  // Others may have begun since.
  const newest = builds.find((build) => !isOfMesh(build));
  for (const build of builds.slice(0, latestMax)) {
    if (build.ending === 'stopped' || build.ending === 'failed') continue;
    if (build.ending === 'complete' && ++ended > endedMax) continue;
    const planId = store.plansOf(build.id).at(-1);
    const isTaken =
      planId !== undefined &&
      (await shell.adoption.takeUp(planId).catch((error: unknown) => {
        log.warn({ build: build.id, error: messageOf(error) }, 'a build of an earlier life is not taken up');
        return false;
      }));
    if (!isTaken && build.ending === undefined && build === newest) {
      share.build(() => director.goOn(build), director.idle);
    }
  }
};

/** What people call hosts; those that this agent has never spoken with by their ids. */
export const nameHosts = (
  self: HostId,
  ownName: string,
  node: () => MeshNode | undefined,
): ((host: HostId) => string) => {
  const names = new Map<HostId, string>([[self, ownName]]);
  return (host) => {
    const known = names.get(host);
    if (known !== undefined) return known;
    for (const link of node()?.listLinks() ?? []) names.set(link.host, link.name);
    return names.get(host) ?? host;
  };
};

/** A port that is there before the mesh is: until then nobody is, and nobody can be asked. */
export const createLatePort = (port: () => MeshPort | undefined, lone: MeshPort): MeshPort => ({
  send: (wish) => (port() ?? lone).send(wish),
  close: (wish) => (port() ?? lone).close(wish),
  fetchPlan: (wish) => (port() ?? lone).fetchPlan(wish),
  fetchFile: (wish) => (port() ?? lone).fetchFile(wish),
  dropFile: (wish) => (port() ?? lone).dropFile(wish),
});

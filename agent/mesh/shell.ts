import type { Logger } from 'pino';
import { parseSha256 } from '../../src/artefacts/sha256.ts';
import type { Config } from '../../src/config/config.ts';
import type { AgentState } from '../../src/core/agent.ts';
import type { Effect, PlanEnding } from '../../src/core/effect.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import type { BuildId, PlanId } from '../../src/core/ids.ts';
import type { Event } from '../../src/core/input.ts';
import { viewMesh, viewPeers } from '../../src/core/meshView.ts';
import { canonicalPlan } from '../../src/core/plan.ts';
import { findPlan } from '../../src/core/state.ts';
import { messageOf } from '../../src/errors.ts';
import { defaultPort } from '../../src/mesh/address.ts';
import type { KeyRing } from '../../src/mesh/key.ts';
import type { TransportOptions } from '../../src/mesh/transport.ts';
import type { SandboxDriver } from '../../src/sandbox/driver.ts';
import { runTool } from '../../src/sandbox/process.ts';
import type { Store } from '../../src/store/open.ts';
import type { CourseMesh } from '../build/course.ts';
import { type LiveBuild, makeLive } from '../build/live.ts';
import type { Lives } from '../build/lives.ts';
import { viewCore } from '../files/coreView.ts';
import { createFiles, type Files } from '../files/files.ts';
import type { PlanGround } from '../files/ports.ts';
import type { MeshPort } from '../meshPort.ts';
import type { AgentPaths } from '../paths.ts';
import type { Progress } from '../progress.ts';
import { createScanning, type Scanning } from '../scan/scanning.ts';
import { decodeScanSheet, isScanSheet } from '../scan/sheet.ts';
import { decodeSheet } from '../sheet/decode.ts';
import { fitGround } from '../sheet/fit.ts';
import { createOwnTrees } from '../sheet/ownTrees.ts';
import { createShelf } from '../sheet/shelf.ts';
import { untilAborted } from '../untilAborted.ts';
import { serveAccount, sumAccounts } from './account.ts';
import { type AdoptedPlan, type Adoption, createAdoption } from './adoption.ts';
import { type MeshNode, openNode } from './node.ts';
import { listPresent } from './present.ts';
import { createPack } from './sealing.ts';

export interface ShellPorts extends Pick<TransportOptions, 'introduce' | 'known' | 'seeds'> {
  readonly config: Config;
  readonly keys: KeyRing;
  readonly paths: AgentPaths;
  readonly store: Store;
  readonly core: AgentState;
  readonly driver: SandboxDriver;
  readonly lives: Lives;
  readonly progress: Progress;
  readonly platform: string;
  readonly log: Logger;
  push(event: Event): void;
  /** Writes the report of a build that another host began, or an earlier life of this one. Never rejects. */
  report(live: LiveBuild, ending: PlanEnding): Promise<void>;
}

/** All that an agent has to do with the other hosts. */
export interface MeshShell {
  readonly node: MeshNode;
  readonly port: MeshPort;
  readonly course: CourseMesh;
  readonly adoption: Adoption;
  bringDepends:
    | ((...[planId, names, signal]: Parameters<Files['ensureDepends']>) => Promise<string | undefined>)
    | undefined;
  readonly bringDistfiles: Files['bringDistfiles'] | undefined;
  readonly scanning: Scanning;
  hearFacts(facts: readonly Fact[]): void;
  /** Of a plan that the director knows nothing of. */
  planEnded(planId: PlanId, ending: PlanEnding): void;
  /** Nothing of a plan runs here any more, since the agent ends: what a person has stopped does not go on in the next life. */
  leave(planId: PlanId): void;
  /** To be called whenever a plan has ended: what the core has forgotten by then goes. */
  retire(): void;
  stop(): Promise<void>;
}

/** Opens the port, and begins to call the others. Throws what `openNode` throws. */
export const openShell = async (ports: ShellPorts): Promise<MeshShell> => {
  const { config, core, lives, log, paths, progress, store, push } = ports;
  const host = store.life.host;
  let files: Files | undefined;
  const node = await openNode({
    ...{ keys: ports.keys, seeds: ports.seeds, known: ports.known, introduce: ports.introduce, log },
    stateDir: paths.state,
    listen: config.mesh.listen,
    isListenUsual: config.mesh.listen.every((place) => place.endsWith(`:${defaultPort}`)),
    onEvent: push,
    onLost: (sha256) => files?.hearLost(sha256),
  });
  const trees = createOwnTrees({ stateDir: paths.state, blobs: node.blobs, run: runTool });
  const shelf = createShelf({
    ...{ stateDir: paths.state, blobs: node.blobs, run: runTool },
    onWarning: (text) => log.warn(text),
  });
  /** Of what was got for plans of other hosts. */
  const releases = new Map<PlanId, () => void>();
  const sheets = new Map<string, AdoptedPlan['sheet']>();
  const reports = new Set<Promise<void>>();
  /** Plans that the core has been seen to know. */
  const seen = new Set<PlanId>();

  const adoption = createAdoption({
    ...{ node, store, lives, log, push },
    readSheet: async (bytes) => {
      if (!isScanSheet(bytes)) return { sheet: await decodeSheet(bytes) };
      const { sheet, part } = await decodeScanSheet(bytes);
      return { sheet, scan: part };
    },
    fit: async ({ planId, plan, sheet, scan }, get, signal) => {
      const { release, kept, ...fitted } = await fitGround({
        ...{ sheet, host, config, trees, shelf, get, signal },
        driver: ports.driver,
        blobs: node.blobs,
        sharedFiles: config.mesh.sharedFiles,
        onWarning: (text) => log.warn(text),
      });
      releases.set(planId, release);
      return makeLive({ ...fitted, planId, plan, scan, owner: host });
    },
    listPresent: (live) => listPresent(live, store.factsOf(live.planId)),
    onAdopted: ({ scan, ...plan }) => {
      if (scan !== undefined) scanning.adopted({ ...plan, scan });
    },
    onFit: ({ planId, sheet, scan }, live) => {
      if (scan !== undefined) return;
      files?.beginPlan(planId);
      if (sheet.submitter === host) files?.setCollecting(planId, true);
      // It may have ended while this host was getting ready for it.
      const ending = findPlan(core, planId)?.ending;
      if (ending !== undefined) finish(planId, live, ending);
      else present(progress, live);
    },
    onUnfit: ({ planId, sheet, scan }, why) => {
      progress.tell({ kind: 'warning', text: `this host builds nothing of ${sheet.build}: ${why}` });
      const ending = findPlan(core, planId)?.ending;
      if (ending !== undefined && scan === undefined) recordEnding(store, sheet.build, ending, log);
    },
  });

  const scanning = createScanning({
    ...{ config, core, node, host, platform: ports.platform, lives, adoption, progress, log, push },
    traits: ports.driver.traits,
  });

  const groundOf = (planId: PlanId): PlanGround | undefined => {
    const live = lives.find(planId);
    const known = adoption.find(planId);
    if (live === undefined || known === undefined) return undefined;
    const { kept, submitter } = known.sheet;
    return {
      place: live.repository,
      resolution: live.resolution,
      byName: live.byName,
      kept,
      submitter: submitter === host ? undefined : submitter,
    };
  };

  if (!config.mesh.sharedFiles) {
    files = createFiles({
      ...{ node, host, push, log },
      core: viewCore(core),
      ground: groundOf,
      isRunning: (pkgname) => [...progress.runs.values()].some(({ pkg }) => pkg === pkgname),
      logDir: paths.logs,
      distDir: config.paths.distfiles,
      stateDir: paths.state,
      packageBytesMax: config.limits.packageSizeMiB * 2 ** 20,
      isPinned: (sha256) => isPinned(adoption.list(), sha256) || scanning.isPinned(sha256),
    });
  }
  const accountPorts = { core, node, onTrouble: (text: string) => log.warn(text) };
  serveAccount(accountPorts);

  const course: CourseMesh = {
    helpScan: scanning.help,
    pack: createPack({
      ...{ config, host, trees, platform: ports.platform },
      traits: ports.driver.traits,
      blobs: node.blobs,
      onWarning: (text) => {
        log.warn(text);
        progress.tell({ kind: 'warning', text });
      },
      onSealed: (name, sheet) => {
        // That of the build that comes now is all that is asked for.
        sheets.clear();
        sheets.set(name, sheet);
      },
    }),
    planned: async ({ planId, plan }) => {
      if (plan.sheet === undefined) return;
      await node.blobs.addBytes(Buffer.from(canonicalPlan(plan)));
      const sheet = sheets.get(plan.sheet ?? '') ?? (await readOwnSheet(node, plan.sheet));
      if (sheet === undefined) throw new Error(`the sheet ${plan.sheet} of this build is gone`);
      sheets.clear();
      adoption.note({ planId, plan, sheet, fitness: { kind: 'fit' } });
      files?.beginPlan(planId);
      files?.setCollecting(planId, true);
    },
    listPresent: (live) => listPresent(live, store.factsOf(live.planId)),
    collected: async (planId, signal) => {
      const { missing } = (files && (await untilAborted(files.collected(planId), signal))) ?? { missing: [] };
      files?.endPlan(planId);
      return missing.map((task) => `${task} was built, and no host that can be asked has its file any more`);
    },
    account: (planId) => sumAccounts(accountPorts, planId),
    isWhole: (planId) => isCollecting(planId),
    isReporter: (planId) => files !== undefined || isCollecting(planId),
  };

  /** Where the build was asked for; where nobody can ask there any more, whoever coordinates. */
  const isCollecting = (planId: PlanId): boolean => {
    const submitter = adoption.find(planId)?.sheet.submitter;
    if (submitter === undefined || submitter === host) return true;
    const isThere = viewPeers(core).some(({ life, status }) => life.host === submitter && status === 'alive');
    return !isThere && viewMesh(core).leader?.host === host;
  };

  const finish = (planId: PlanId, live: LiveBuild, ending: PlanEnding): void => {
    if (ending === 'complete' && isCollecting(planId)) files?.setCollecting(planId, true);
    else files?.endPlan(planId);
    const report = ports.report(live, ending).finally(() => reports.delete(report));
    reports.add(report);
  };

  /** What the core has forgotten nobody can try again. */
  const retire = (): void => {
    for (const { planId, fitness } of adoption.list()) {
      if (findPlan(core, planId) !== undefined) {
        seen.add(planId);
        continue;
      }
      // One that the core is about to hear of.
      const isComing = fitness.kind !== 'fit' || lives.find(planId) !== undefined;
      if (isComing && !seen.delete(planId)) continue;
      lives.drop(planId);
      adoption.forget(planId);
      releases.get(planId)?.();
      releases.delete(planId);
    }
  };

  return {
    node,
    course,
    adoption,
    port: createPort(node, adoption, () => files, push),
    bringDepends:
      files &&
      (async (...asked) => {
        // What is for this host alone has all its files here.
        if (groundOf(asked[0]) === undefined) return undefined;
        return (await files.ensureDepends(...asked))?.detail;
      }),
    bringDistfiles: files?.bringDistfiles,
    scanning,
    hearFacts: (facts) => {
      scanning.hearFacts(facts);
      files?.hearFacts(facts);
    },
    planEnded: (planId, ending) => {
      if (scanning.planEnded(planId, ending)) return retire();
      const live = lives.find(planId);
      const adopted = adoption.find(planId);
      if (live !== undefined) finish(planId, live, ending);
      // Where this host still gets ready for it, it is said then.
      else if (adopted?.fitness.kind === 'unfit') recordEnding(store, adopted.sheet.build, ending, log);
      retire();
    },
    leave: (planId) => {
      const build = adoption.find(planId)?.sheet.build;
      const isStopped = findPlan(core, planId)?.word.mode !== 'run';
      if (build !== undefined && isStopped && !scanning.isScan(planId))
        recordEnding(store, build, 'stopped', log);
    },
    retire,
    stop: async () => {
      const fits = adoption.close();
      scanning.stop();
      await files?.stop();
      await Promise.all([fits, ...reports]);
      await node.stop();
    },
  };
};

const recordEnding = (store: Store, build: BuildId, ending: PlanEnding, log: Logger): void => {
  try {
    if (store.findBuild(build)?.ending !== ending) store.endBuild(build, ending, Date.now());
  } catch (error) {
    log.warn({ build, error: messageOf(error) }, 'the end of a build of another host is not recorded');
  }
};

const readOwnSheet = async ({ blobs }: MeshNode, name: string | undefined) => {
  const sha256 = parseSha256(name ?? '');
  const bytes = sha256 && (await blobs.readBlob(sha256, Number.MAX_SAFE_INTEGER));
  return bytes && decodeSheet(bytes);
};

/** The build that people are shown on this host, unless there is another one already. */
const present = (progress: Progress, live: LiveBuild): void => {
  const { standing } = progress;
  const { build, startedAtMs } = live;
  // Its scan has been shown.
  const isSame = standing.build === build && standing.planId === undefined;
  if (standing.phase !== 'idle' && !isSame) return;
  Object.assign(standing, { build, startedAtMs, stopping: undefined, scan: undefined });
  progress.stand(live);
  progress.enter('building');
};

/** What plans that are known here are made of is not evicted: somebody may join and ask for it. */
const isPinned = (plans: readonly AdoptedPlan[], sha256: string): boolean =>
  plans.some(({ planId, plan, sheet: { terms } }) => {
    const packed = [terms.tree, ...terms.roDirs.map((place) => place.packed)];
    const blobs = [terms.kit, ...packed.map((tree) => tree?.blob)];
    return sha256 === planId || sha256 === plan.sheet || blobs.some((blob) => blob?.sha256 === sha256);
  });

type Wish<Kind extends Effect['kind']> = Extract<Effect, { readonly kind: Kind }>;

const createPort = (
  node: MeshNode,
  adoption: Adoption,
  files: () => Files | undefined,
  push: (event: Event) => void,
): MeshPort => ({
  send: ({ session, message }) => node.send(session, message),
  close: ({ session, reason }) => node.closeSession(session, reason),
  fetchPlan: ({ planId, from }) => adoption.fetch(planId, from),
  fetchFile: (wish: Wish<'fetchFile'>) => {
    const { planId, task, from } = wish;
    const mover = files();
    if (mover === undefined) push({ kind: 'fileNotFetched', planId, task, from, why: 'unreachable' });
    else mover.fetchFile(wish);
  },
  dropFile: (wish) => files()?.dropFile(wish),
});

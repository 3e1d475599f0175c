import type { Sha256 } from '../../src/artefacts/sha256.ts';
import type { Effect } from '../../src/core/effect.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import type { PlanId, TaskName } from '../../src/core/ids.ts';
import { messageOf } from '../../src/errors.ts';
import type { BringDistfiles } from '../../src/pkgsrc/build/distfiles.ts';
import type { PkgName } from '../../src/pkgsrc/package.ts';
import { routeOf } from '../mesh/answers.ts';
import { Bringer, type Brought } from './bringer.ts';
import { Catalogue } from './catalogue.ts';
import { Collector } from './collector.ts';
import { Depends, type Lacking } from './depends.ts';
import { createDistfileSource } from './distfiles.ts';
import { LeaseTable, leaseRoute } from './distLease.ts';
import { DistServer, distRoute } from './distServer.ts';
import { dropTaskFile } from './dropper.ts';
import { EarlierFiles } from './earlier.ts';
import { LogCollector } from './logCollector.ts';
import { createLogRoute, logPrefix } from './logRoute.ts';
import { answerNote } from './notes.ts';
import { Offers } from './offers.ts';
import type { FilesPorts } from './ports.ts';
import { watchRoom } from './room.ts';
import { Turns } from './turns.ts';

type Wish<Kind extends Effect['kind']> = Extract<Effect, { readonly kind: Kind }>;

/** The files of the builds of this host, and the way they take between hosts. */
export interface Files {
  /** A build has been taken up: `ground` knows it. To be called before its plan is told to the core. */
  beginPlan(planId: PlanId): void;
  /**
   * It is over. Others may yet fetch what it has built, and it may begin again: it is forgotten when some later ones are over.
   */
  endPlan(planId: PlanId): void;
  /** To be called with all facts that become known, those of this host too. */
  hearFacts(facts: readonly Fact[]): void;
  /** Answered by exactly one `fileFetched` or `fileNotFetched`, whatever happens. */
  fetchFile(wish: Wish<'fetchFile'>): void;
  dropFile(wish: Wish<'dropFile'>): void;
  /** To be called when the store has lost a blob. */
  hearLost(sha256: Sha256): void;
  /** Whether all packages of a build are brought to this host, and the logs of those that failed. */
  setCollecting(planId: PlanId, isOn: boolean): void;
  /** Resolves when all is here that can be had. `missing`: what has been built, and cannot. Never rejects. */
  collected(planId: PlanId): Promise<{ readonly missing: readonly TaskName[] }>;
  /**
   * Has what an installation of `depends` needs brought into the repository: them, and all that they need at run time. To be called
   * before a run begins. Returns the first package that cannot be had. Rejects with the reason of the signal alone.
   */
  ensureDepends(
    planId: PlanId,
    depends: readonly PkgName[],
    signal: AbortSignal,
  ): Promise<Lacking | undefined>;
  /** For the fetch stage of a build. */
  readonly bringDistfiles: BringDistfiles;
  /** Ends what is under way, and answers it. */
  stop(): Promise<void>;
}

/** Opens the way: routes are there when it returns, and the store asks here for what it does not have. */
export const createFiles = (ports: FilesPorts): Files => {
  const { node, core, push, log } = ports;
  const life = new AbortController();
  const turns = new Turns();
  const catalogue = new Catalogue(core);
  const offers = new Offers(ports, catalogue);
  const earlier = new EarlierFiles(ports);
  const bringer = new Bringer(ports, turns);
  const depends = new Depends(ports, bringer);
  const underWay = new Set<Promise<void>>();
  let wanted = 0;
  const collector = new Collector({ ...ports, isBusy: () => wanted > 0 }, bringer, life.signal);
  const logs = new LogCollector(ports, life.signal);
  const dropPorts = {
    ...{ ...ports, turns, catalogue, earlier },
    isCollecting: (planId: PlanId) => collector.isCollecting(planId),
  };
  const track = (work: Promise<void>): void => {
    const settled = work.finally(() => underWay.delete(settled));
    underWay.add(settled);
  };
  const onTrouble = (url: string, error: unknown): void =>
    log.warn({ url, error: messageOf(error) }, 'a question of another host could not be answered');

  node.setOffer((sha256) => offers.offer(sha256));
  node.addRoute(
    '/note/',
    routeOf((request, response) => answerNote(catalogue.listPlaces(), request, response), onTrouble),
  );
  node.addRoute(logPrefix, createLogRoute(ports, onTrouble));
  const leases = new LeaseTable();
  const distfiles = new DistServer(ports, offers);
  node.addRoute(
    leaseRoute,
    routeOf((request, response) => leases.answer(request, response), onTrouble),
  );
  node.addRoute(
    distRoute,
    routeOf((request, response) => distfiles.answer(request, response), onTrouble),
  );
  const stopWatching = watchRoom(ports, catalogue);

  const fetchTaskFile = async ({ planId, task, digests, from }: Wish<'fetchFile'>): Promise<void> => {
    wanted += 1;
    const outcome = core.findEnd(planId, task)?.outcome;
    const first = outcome?.kind === 'built' && digests.includes(outcome.digest) ? outcome : undefined;
    const known = first === undefined ? [] : [first.digest];
    const file = {
      ...{ planId, name: task, from, sizeBytes: first?.sizeBytes },
      digests: [...known, ...digests.filter((digest) => digest !== first?.digest)],
    };
    // Only an end of this agent rejects it.
    const brought: Brought = await bringer
      .bring(file, life.signal)
      .catch((error: unknown) => ({ kind: 'missing', why: 'unreachable', detail: messageOf(error) }));
    wanted -= 1;
    if (brought.kind === 'here') return push({ kind: 'fileFetched', planId, task });
    log.info({ task, from, why: brought.why, detail: brought.detail }, 'a package could not be fetched');
    push({ kind: 'fileNotFetched', planId, task, from, why: brought.why });
  };

  const begin = (planId: PlanId): void => {
    const ground = ports.ground(planId);
    if (ground === undefined) return;
    catalogue.begin(planId, ground);
    earlier.begin(planId, ground);
  };

  return {
    beginPlan: begin,
    endPlan: (planId) => {
      for (const forgotten of catalogue.end(planId)) {
        collector.end(forgotten);
        logs.forget(forgotten);
        track(earlier.end(forgotten));
      }
    },
    hearFacts: (facts) => {
      // A build that was over goes on when something of it is tried again.
      for (const planId of new Set(facts.map((fact) => fact.planId))) begin(planId);
      for (const fact of facts) {
        catalogue.hear(fact);
        collector.hear(fact);
        if (collector.isCollecting(fact.planId)) logs.hear(fact);
      }
    },
    fetchFile: (wish) => track(fetchTaskFile(wish)),
    dropFile: ({ planId, task }) => track(dropTaskFile(dropPorts, planId, task)),
    hearLost: (sha256) => track(offers.mend(sha256)),
    setCollecting: (planId, isOn) => {
      collector.set(planId, isOn);
      if (!isOn) return;
      // Those of what was built are there no more, and need no look.
      for (const fact of core.listEnds(planId)) if (fact.outcome.kind === 'failed') logs.hear(fact);
    },
    collected: async (planId) => {
      const [missing] = await Promise.all([collector.collected(planId), logs.collected(planId)]);
      return { missing };
    },
    ensureDepends: async (planId, names, signal) => {
      wanted += 1;
      try {
        return await depends.ensure(planId, names, AbortSignal.any([signal, life.signal]));
      } finally {
        wanted -= 1;
      }
    },
    bringDistfiles: createDistfileSource(ports, leases, life.signal),
    stop: async () => {
      stopWatching();
      life.abort(new Error('files are fetched no more'));
      await Promise.all(underWay);
    },
  };
};

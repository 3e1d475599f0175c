import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Sha256 } from '../../src/artefacts/sha256.ts';
import { parseSha256 } from '../../src/artefacts/sha256.ts';
import type { HostId, PlanId, TaskName } from '../../src/core/ids.ts';
import type { Event } from '../../src/core/input.ts';
import { checkPlan, type Plan } from '../../src/core/plan.ts';
import { parseCanonicalPlan } from '../../src/core/planText.ts';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import type { Store } from '../../src/store/open.ts';
import type { LiveBuild } from '../build/live.ts';
import type { Lives } from '../build/lives.ts';
import { markOfMesh } from '../build/rebuilds.ts';
import type { ScanPart } from '../scan/part.ts';
import type { BuildSheet } from '../sheet/sheet.ts';
import { type Bring, createBring } from './bring.ts';
import type { MeshNode } from './node.ts';
import { isPlanOver } from './over.ts';

/** Why this host builds nothing of a plan that it knows. */
export type Fitness =
  | { readonly kind: 'fit' }
  /** It is getting ready. `why`: what it waits for; undefined: it gets on. */
  | { readonly kind: 'fitting'; readonly why: string | undefined }
  | { readonly kind: 'unfit'; readonly why: string };

/** A plan of another host's making, or of an earlier life's, as this host carries it out. */
export interface AdoptedPlan {
  readonly planId: PlanId;
  readonly plan: Plan;
  readonly sheet: BuildSheet;
  /** Of a plan that scans for the build: it says nothing of packages yet. */
  readonly scan?: ScanPart | undefined;
  readonly fitness: Fitness;
}

/** What a sheet says. */
export type SheetText = Pick<AdoptedPlan, 'sheet' | 'scan'>;

export interface AdoptionPorts {
  readonly node: MeshNode;
  readonly store: Pick<
    Store,
    | 'together'
    | 'findBuild'
    | 'createBuild'
    | 'savePlan'
    | 'loadPlan'
    | 'entriesOf'
    | 'setPlatform'
    | 'saveDecisions'
  >;
  readonly lives: Lives;
  readonly log: Logger;
  push(event: Event): void;
  readSheet(bytes: Uint8Array): Promise<SheetText>;
  /** Has everything brought that runs of the plan need. Rejects with `SHEET_UNFIT` when this host cannot run them. */
  fit(plan: AdoptedPlan, bring: Bring, signal: AbortSignal): Promise<LiveBuild>;
  /** Tasks of the plan that were built and whose files are on this host. */
  listPresent(live: LiveBuild): Promise<readonly TaskName[]>;
  /** Before any of its tasks can start. */
  onAdopted(plan: AdoptedPlan): void;
  onFit(plan: AdoptedPlan, live: LiveBuild): void;
  onUnfit(plan: AdoptedPlan, why: string): void;
}

/** The plans that others made, on this host. */
export interface Adoption {
  /** The core wants it; exactly one event answers. */
  fetch(planId: PlanId, from: HostId): void;
  /** Takes up a plan of this store. False: it cannot be, for want of its sheet. */
  takeUp(planId: PlanId): Promise<boolean>;
  /** This host made it itself, and runs it already. */
  note(plan: AdoptedPlan): void;
  find(planId: PlanId): AdoptedPlan | undefined;
  list(): readonly AdoptedPlan[];
  /** Why this host takes no part in builds that it knows of; one line each. */
  listTroubles(): readonly string[];
  /** Nobody will ask for it any more: what was still brought for it is not wanted. */
  forget(planId: PlanId): void;
  /** Gives up what is being got ready; resolves when nothing of that is left on this host. */
  close(): Promise<void>;
}

/** Of the canonical text of a plan of 100,000 packages, and of its sheet, bytes. */
const planBytesMax = 64 * 2 ** 20;
const sheetBytesMax = 256 * 2 ** 20;
/** So long a plan and its sheet are tried for before the core asks again, milliseconds. */
const fetchMs = 60_000;
const missedMax = 64;
/** After so long a host that did not fit looks again, milliseconds. */
const againMs = 60_000;

interface Entry {
  plan: AdoptedPlan;
  readonly abort: AbortController;
}

export const createAdoption = (ports: AdoptionPorts): Adoption => {
  const { node, store, lives, log, push } = ports;
  const plans = new Map<PlanId, Entry>();
  /** Plans that cannot be taken up, and why. */
  const missed = new Map<PlanId, string>();
  const life = new AbortController();
  const fits = new Set<Promise<void>>();

  const beginFit = (entry: Entry): void => {
    const fit = fitHost(entry).finally(() => fits.delete(fit));
    fits.add(fit);
  };

  const noteMissed = (planId: PlanId, why: string): void => {
    if (missed.get(planId) === why) return;
    log.warn({ planId, why }, 'a plan of another host cannot be taken up');
    if (missed.size >= missedMax) missed.clear();
    missed.set(planId, why);
  };

  const setFitness = (planId: PlanId, fitness: Fitness): void => {
    const entry = plans.get(planId);
    if (entry !== undefined) entry.plan = { ...entry.plan, fitness };
  };

  const fitHost = async ({ plan: adopted, abort }: Entry): Promise<void> => {
    const { planId, sheet } = adopted;
    const onWaiting = (why: string): void => {
      log.info({ planId, why }, 'what a build needs is not here yet');
      setFitness(planId, { kind: 'fitting', why });
    };
    const bring = createBring({ node, first: sheet.submitter, onWaiting });
    try {
      const live = await ports.fit(adopted, bring, abort.signal);
      const present = await ports.listPresent(live);
      abort.signal.throwIfAborted();
      lives.add(live);
      setFitness(planId, { kind: 'fit' });
      ports.onFit(adopted, live);
      for (const task of present) push({ kind: 'fileFetched', planId, task });
      push({ kind: 'planFits', planId, isFit: true });
      log.info({ planId, build: sheet.build }, 'this host can build packages of a build of the mesh');
    } catch (error) {
      if (abort.signal.aborted) return;
      const why = describe(error);
      const known = plans.get(planId)?.plan.fitness;
      if (known?.kind !== 'unfit' || known.why !== why) {
        log.warn(
          { planId, build: sheet.build, why },
          'this host cannot build packages of a build of the mesh',
        );
        ports.onUnfit(adopted, why);
      }
      setFitness(planId, { kind: 'unfit', why });
      await tryAgain(planId, abort.signal);
    }
  };

  /** What is in the way may be mended: the agent need not be started anew for it. */
  const tryAgain = async (planId: PlanId, signal: AbortSignal): Promise<void> => {
    const isOver = await delay(againMs, false, { signal, ref: false }).catch(() => true);
    const entry = plans.get(planId);
    if (isOver || entry === undefined || isPlanOver(entry.plan.plan, store.entriesOf(planId))) return;
    beginFit(entry);
  };

  const adopt = (planId: PlanId, plan: Plan, text: SheetText, bytes: Uint8Array): void => {
    const adopted: AdoptedPlan = { planId, plan, ...text, fitness: { kind: 'fitting', why: undefined } };
    const entries = store.together(() => {
      // Nothing of a scan is gone on with in another life.
      if (text.scan === undefined) keepBuild(ports, adopted, bytes);
      return store.entriesOf(planId);
    });
    missed.delete(planId);
    const abort = new AbortController();
    const entry = { plan: adopted, abort };
    plans.set(planId, entry);
    ports.onAdopted(adopted);
    push({ kind: 'planAdded', planId, plan, entries, files: [], isFit: false });
    // Where nothing is left to do it is known for those who have missed its end; unless the agent died before it had said so here.
    const isTold = store.findBuild(text.sheet.build)?.ending === 'complete';
    if (!isTold || !isPlanOver(plan, entries)) beginFit(entry);
  };

  /** Those who want it ask for its bytes as a blob; the agent may have died before there was one. */
  const keepBlob = (planId: PlanId, bytes: Uint8Array): Promise<unknown> =>
    node.blobs.addBytes(Buffer.from(bytes)).catch((error: unknown) => {
      log.warn({ planId, error: messageOf(error) }, 'a plan cannot be given to other hosts');
    });

  /** The core has forgotten a plan that is known here still: it is told of it once more. */
  const tellAgain = ({ planId, plan, fitness }: AdoptedPlan): void => {
    const entries = store.entriesOf(planId);
    const isFit = fitness.kind === 'fit';
    push({ kind: 'planAdded', planId, plan, entries, files: [], isFit });
    const live = lives.find(planId);
    if (live === undefined) return;
    ports.listPresent(live).then(
      (tasks) => {
        for (const task of tasks) push({ kind: 'fileFetched', planId, task });
      },
      (error: unknown) => log.warn({ planId, error: messageOf(error) }, 'what is here is not known'),
    );
  };

  const bringPlan = async (planId: PlanId, first: HostId | undefined, signal: AbortSignal): Promise<void> => {
    const bring = createBring({ node, first, onWaiting: (why) => log.info({ planId, why }, 'a plan waits') });
    const known = plans.get(planId);
    if (known !== undefined) return tellAgain(known.plan);
    const stored = store.loadPlan(planId);
    if (stored !== undefined) await keepBlob(planId, stored);
    const bytes = stored ?? (await readPlan(node, bring, planId, signal));
    const plan = parseCanonicalPlan(Buffer.from(bytes).toString('utf8'));
    if (plan === undefined || checkPlan(plan).length > 0) throw badPlan(planId, 'no plan of this version');
    const sha256 = parseSha256(plan.sheet ?? '');
    if (sha256 === undefined) throw badPlan(planId, 'it names no sheet');
    await bring({ sha256, sizeBytes: undefined, maxBytes: sheetBytesMax }, signal);
    const text = await node.blobs.readBlob(sha256, sheetBytesMax);
    if (text === undefined) throw badPlan(planId, 'its sheet is gone');
    const sheet = await ports.readSheet(text);
    signal.throwIfAborted();
    const taken = plans.get(planId);
    if (taken === undefined) adopt(planId, plan, sheet, bytes);
    // The core may have it by now, or not: it hears of it either way.
    else tellAgain(taken.plan);
  };

  return {
    fetch: (planId, from) => {
      const signal = AbortSignal.any([life.signal, AbortSignal.timeout(fetchMs)]);
      bringPlan(planId, from, signal).catch((error: unknown) => {
        if (!life.signal.aborted) noteMissed(planId, messageOf(error));
        push({ kind: 'planNotFetched', planId, from });
      });
    },
    takeUp: async (planId) => {
      const bytes = store.loadPlan(planId);
      const plan = bytes && parseCanonicalPlan(Buffer.from(bytes).toString('utf8'));
      const sha256 = parseSha256(plan?.sheet ?? '');
      if (bytes === undefined || plan === undefined || sha256 === undefined) return false;
      const text = await node.blobs.readBlob(sha256, sheetBytesMax).catch(() => undefined);
      if (text === undefined) return false;
      const sheet = await ports.readSheet(text);
      await keepBlob(planId, bytes);
      if (!plans.has(planId)) adopt(planId, plan, sheet, bytes);
      return true;
    },
    note: (plan) => void plans.set(plan.planId, { plan, abort: new AbortController() }),
    find: (planId) => plans.get(planId)?.plan,
    list: () => [...plans.values()].map(({ plan }) => plan),
    listTroubles: () => [
      ...[...plans.values()].flatMap(({ plan: { sheet, fitness } }) => describeTrouble(sheet.build, fitness)),
      ...[...missed.values()].map((why) => `a build of another host cannot be taken up: ${why}`),
    ],
    forget: (planId) => {
      plans.get(planId)?.abort.abort(new Error('the plan is over'));
      plans.delete(planId);
      missed.delete(planId);
    },
    close: async () => {
      life.abort(new Error('the agent ends'));
      for (const { abort } of plans.values()) abort.abort(life.signal.reason);
      await Promise.all(fits);
    },
  };
};

/** What is wrong, and how to mend it. */
const describe = (error: unknown): string =>
  error instanceof BulkmeshError && error.hint !== '' ? `${error.message}; ${error.hint}` : messageOf(error);

const describeTrouble = (build: string, fitness: Fitness): readonly string[] => {
  switch (fitness.kind) {
    case 'fit':
      return [];
    case 'fitting':
      return fitness.why === undefined
        ? []
        : [`what the build ${build} needs is not here yet: ${fitness.why}`];
    case 'unfit':
      return [`this host builds nothing of ${build}: ${fitness.why}`];
  }
};

const readPlan = async (
  node: MeshNode,
  bring: Bring,
  planId: PlanId,
  signal: AbortSignal,
): Promise<Uint8Array> => {
  const sha256 = parseSha256(planId);
  if (sha256 === undefined) throw badPlan(planId, 'its id is no hash');
  await bring({ sha256, sizeBytes: undefined, maxBytes: planBytesMax }, signal);
  const bytes = await node.blobs.readBlob(sha256 satisfies Sha256, planBytesMax);
  if (bytes === undefined) throw badPlan(planId, 'it is gone as soon as it was here');
  return bytes;
};

/** What this host keeps of a build that it did not begin. */
const keepBuild = ({ store }: AdoptionPorts, { planId, sheet }: AdoptedPlan, bytes: Uint8Array): void => {
  const { build, startedAtMs, pkgpaths, configDigest } = sheet;
  if (store.findBuild(build) === undefined) {
    store.createBuild({ id: build, startedAtMs, pkgpaths, configDigest: markOfMesh(configDigest) });
    store.setPlatform(build, sheet.tree.platform);
    store.saveDecisions(build, sheet.decisions);
  }
  store.savePlan(planId, build, bytes);
};

const badPlan = (planId: PlanId, why: string): BulkmeshError =>
  new BulkmeshError('MESH_PLAN_BAD', `the plan ${planId} cannot be taken up: ${why}`, {
    hint: 'run the same version of bulkmesh on all hosts of the mesh',
  });

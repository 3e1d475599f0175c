import { createHash } from 'node:crypto';
import type { BlobStore } from '../../src/artefacts/store/store.ts';
import type { AgentState } from '../../src/core/agent.ts';
import { buildId, type HostId, planId } from '../../src/core/ids.ts';
import type { Event } from '../../src/core/input.ts';
import { viewPeers } from '../../src/core/meshView.ts';
import { canonicalPlan, type Plan } from '../../src/core/plan.ts';
import type { TreeEnvironment } from '../../src/pkgsrc/environment.ts';
import type { PkgPath } from '../../src/pkgsrc/package.ts';
import type { Elsewhere } from '../../src/pkgsrc/scan/elsewhere.ts';
import type { Ground } from '../build/ground.ts';
import { type LiveBuild, makeLive } from '../build/live.ts';
import type { Lives } from '../build/lives.ts';
import type { ChosenBuild } from '../build/request.ts';
import type { AdoptedPlan, Adoption } from '../mesh/adoption.ts';
import type { BuildSheet } from '../sheet/sheet.ts';
import type { BuildTerms } from '../sheet/terms.ts';
import { cutBatches, listBatchTasks } from './batches.ts';
import { gatherResults } from './gather.ts';
import type { ScanPart } from './part.ts';
import type { GetResult } from './results.ts';
import type { Scans } from './scans.ts';
import { encodeScanSheet } from './sheet.ts';

export interface DealerPorts {
  readonly core: AgentState;
  readonly host: HostId;
  /** Their plan is for hosts like this one. */
  readonly platform: string;
  readonly configDigest: string;
  readonly blobs: Pick<BlobStore, 'addBytes'>;
  readonly adoption: Pick<Adoption, 'note'>;
  readonly lives: Pick<Lives, 'add'>;
  readonly scans: Pick<Scans, 'watch'>;
  readonly getResult: GetResult;
  push(event: Event): void;
  /** One line for the operator. */
  onTrouble(text: string): void;
  /** What this host alone scans in less time is not dealt out, milliseconds. */
  readonly leastMs: number;
}

/** A scan that other hosts may help with. */
export interface DealRequest {
  readonly chosen: ChosenBuild;
  readonly ground: Ground;
  /** What they need of this host, and when that began to be packed. */
  readonly terms: Promise<BuildTerms>;
  readonly sinceMs: number;
  readonly signal: AbortSignal;
  /** True when the build goes on though this host does not. */
  hasLeft(): boolean;
  /** Somebody stopped the scan on another host. */
  stop(): void;
  /** What of the scan has been done before. */
  countDone(): ScanPart['before'];
}

/** What a scan knows once its sandbox is there. */
export interface Scanner {
  readonly tree: TreeEnvironment;
  /** Of the system in its sandbox, as `digestLikeness` has it. */
  readonly likeness: string;
}

/** Deals the package paths of a scan out to all hosts as a plan, and takes in what they give. */
export const createDealer =
  (ports: DealerPorts) =>
  (request: DealRequest) =>
  (scanner: Scanner): Elsewhere => {
    let terms: BuildTerms | undefined;
    request.terms.then(
      (packed) => {
        terms = packed;
      },
      // Whoever needs them is told.
      () => undefined,
    );
    let round = 0;
    return {
      isWorth: (aloneMs) => terms !== undefined && aloneMs >= ports.leastMs && countHelpers(ports) > 0,
      index: async (paths, msEach, take) => {
        if (terms === undefined) return;
        round += 1;
        const dealt = await deal(ports, request, scanner, { terms, paths, msEach, round });
        await gatherResults({ ...ports, ...request, ...dealt, part: dealt.adopted.scan, take });
      },
    };
  };

interface Share {
  readonly terms: BuildTerms;
  readonly paths: readonly PkgPath[];
  readonly msEach: number;
  /** Counts the plans of one scan: those of a limited list are several. */
  readonly round: number;
}

interface Dealt {
  readonly adopted: AdoptedPlan & { readonly scan: ScanPart };
  readonly live: LiveBuild;
  /** To be called when somebody listens. */
  begin(): void;
}

const deal = async (
  ports: DealerPorts,
  request: DealRequest,
  scanner: Scanner,
  { terms, paths, msEach, round }: Share,
): Promise<Dealt> => {
  const { blobs, host, platform } = ports;
  const { chosen, ground } = request;
  const batches = cutBatches(paths, msEach, countSlots(ports));
  const part: ScanPart = { batches, likeness: scanner.likeness, before: request.countDone() };
  const sheet = makeEmptySheet(ports, request, scanner.tree, terms);
  const { sha256 } = await blobs.addBytes(await encodeScanSheet({ sheet, part }));
  const plan: Plan = {
    build: buildId(`${chosen.build}.scan-${round}`),
    platform,
    sheet: sha256,
    tasks: listBatchTasks(batches, msEach),
  };
  const canonical = Buffer.from(canonicalPlan(plan));
  await blobs.addBytes(canonical);
  const id = planId(createHash('sha256').update(canonical).digest('hex'));
  const live = makeLive({
    ...{ build: chosen.build, startedAtMs: chosen.startedAtMs, ground, plan, planId: id, owner: host },
    survey: {
      records: [],
      failures: [],
      tree: scanner.tree,
      make: { ...ground.make, cacheVars: scanner.tree.cacheVars },
    },
    settingsOf: () => ({}),
    resolution: { packages: [] },
    isKept: () => false,
    scan: part,
  });
  const adopted = { planId: id, plan, sheet, scan: part, fitness: { kind: 'fit' } } as const;
  return {
    adopted,
    live,
    begin: () => {
      ports.lives.add(live);
      ports.adoption.note(adopted);
      ports.push({ kind: 'planAdded', planId: id, plan, entries: [] });
    },
  };
};

const noDigest = '0'.repeat(64);

/** That of the build as far as it is known: it has no packages yet. */
const makeEmptySheet = (
  { host, configDigest }: DealerPorts,
  { chosen }: DealRequest,
  tree: TreeEnvironment,
  terms: BuildTerms,
): BuildSheet => ({
  ...{ build: chosen.build, startedAtMs: chosen.startedAtMs, pkgpaths: chosen.pkgpaths },
  ...{ submitter: host, configDigest, terms, tree },
  failures: [],
  resolution: { packages: [] },
  decisions: { records: noDigest, settings: noDigest, packages: [] },
  kept: new Map(),
  settings: [],
});

const listHelpers = ({ core, platform }: DealerPorts) =>
  viewPeers(core).filter(
    (peer) =>
      peer.status === 'alive' &&
      peer.isConnected &&
      !peer.isLeaving &&
      peer.platform === platform &&
      peer.runs > 0,
  );

const countHelpers = (ports: DealerPorts): number => listHelpers(ports).length;

const countSlots = (ports: DealerPorts): number =>
  listHelpers(ports).reduce((sum, { runs }) => sum + runs, ports.core.runs);

import { parseDigest } from '../../src/artefacts/sha256.ts';
import type { BlobStore } from '../../src/artefacts/store/store.ts';
import type { AgentState } from '../../src/core/agent.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import type { PlanId } from '../../src/core/ids.ts';
import { listEnds, viewMesh } from '../../src/core/meshView.ts';
import { findPlan } from '../../src/core/state.ts';
import { messageOf } from '../../src/errors.ts';
import type { AdoptedPlan, Adoption } from '../mesh/adoption.ts';
import type { Progress } from '../progress.ts';
import { countPaths, type ScanPart } from './part.ts';
import type { GetResult } from './results.ts';
import type { Scans } from './scans.ts';

/** A scan that another host began. */
export type FollowedScan = AdoptedPlan & { readonly scan: ScanPart };

export interface FollowerPorts {
  readonly core: AgentState;
  readonly blobs: Pick<BlobStore, 'has'>;
  readonly adoption: Pick<Adoption, 'list'>;
  readonly scans: Pick<Scans, 'drop'>;
  readonly progress: Progress;
  readonly getResult: GetResult;
  /** One line for the log. */
  onTrouble(text: string): void;
}

/** What this host does for scans that others began, beside its batches: shows them, and has a second copy of what they gave. */
export interface Follower {
  follow(scan: FollowedScan): void;
  /** Looks at all of them now. */
  look(): void;
  stop(): void;
}

const lookMs = 1_000;

export const createFollower = (ports: FollowerPorts): Follower => {
  const { core, progress, scans } = ports;
  const followed = new Map<PlanId, FollowedScan>();
  /** Of those, the ones that the core has been seen to know: it hears of them a moment later than this. */
  const seen = new Set<PlanId>();
  const life = new AbortController();
  const coming = new Set<string>();

  const bringCopy = (fact: Fact): void => {
    const sha256 = fact.outcome.kind === 'built' ? parseDigest(fact.outcome.digest) : undefined;
    if (sha256 === undefined || coming.has(sha256) || ports.blobs.has(sha256)) return;
    coming.add(sha256);
    ports
      .getResult(fact, life.signal)
      .catch((error: unknown) => {
        if (!life.signal.aborted) ports.onTrouble(messageOf(error));
      })
      .finally(() => coming.delete(sha256));
  };

  const lookAt = (scan: FollowedScan): void => {
    const { planId, sheet } = scan;
    const plan = findPlan(core, planId);
    const isOver = ports.adoption
      .list()
      .some((other) => other.scan === undefined && other.sheet.build === sheet.build);
    if (plan !== undefined) seen.add(planId);
    else if (!seen.has(planId) && !isOver) return;
    if (plan === undefined || plan.ending === 'stopped' || isOver) {
      followed.delete(planId);
      seen.delete(planId);
      scans.drop(planId);
      hide(progress, scan, isOver);
      return;
    }
    const facts = listEnds(core, planId);
    // A limited list has several, one after the other.
    const latest = [...followed.values()].findLast((other) => other.sheet.build === sheet.build);
    if (scan === latest) show(progress, scan, facts, plan.ending !== undefined);
    // Who coordinates has what its successor at the submitter's would need.
    if (viewMesh(core).role === 'leading') for (const fact of facts) bringCopy(fact);
  };

  const look = (): void => {
    for (const scan of followed.values()) lookAt(scan);
  };
  const timer = setInterval(look, lookMs).unref();
  return {
    follow: (scan) => {
      followed.set(scan.planId, scan);
      look();
    },
    look,
    stop: () => {
      clearInterval(timer);
      life.abort(new Error('the agent ends'));
    },
  };
};

/** As the host shows it where the build was asked for, unless people are shown another build here. */
const show = (
  progress: Progress,
  { sheet, scan }: FollowedScan,
  facts: readonly Fact[],
  isDone: boolean,
): void => {
  const { standing } = progress;
  const { build, startedAtMs } = sheet;
  if (standing.phase === 'idle') {
    Object.assign(standing, { build, startedAtMs, planId: undefined, stopping: undefined, scan: undefined });
    progress.enter('scanning');
  }
  if (standing.build !== build || standing.planId !== undefined) return;
  if (standing.phase === 'resolving' && !isDone) progress.enter('scanning');
  const { done, failed } = scan.before;
  const answered = facts.reduce((sum, { task }) => sum + (scan.batches.get(task)?.length ?? 0), 0);
  if (standing.phase === 'scanning') progress.tellScan(done + answered, done + countPaths(scan), failed);
  if (standing.phase === 'scanning' && isDone) progress.enter('resolving');
};

const hide = ({ standing, enter }: Progress, { sheet }: FollowedScan, isOver: boolean): void => {
  if (isOver || standing.build !== sheet.build || standing.planId !== undefined) return;
  if (standing.phase !== 'scanning' && standing.phase !== 'resolving') return;
  standing.startedAtMs = undefined;
  enter('idle');
};

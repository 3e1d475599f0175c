import { parseDigest } from '../../src/artefacts/sha256.ts';
import type { PlanEnding } from '../../src/core/effect.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import type { PlanId } from '../../src/core/ids.ts';

/** Whoever wants to know how a scan plan goes. */
export interface ScanWatcher {
  /** An end of one of its tasks; of some tasks more than one. */
  hear(fact: Fact): void;
  end(ending: PlanEnding): void;
}

/** The scan plans that this agent knows. */
export interface Scans {
  /** To be called before its plan is told to the core. */
  add(planId: PlanId): void;
  drop(planId: PlanId): void;
  has(planId: PlanId): boolean;
  /** Returns the way to end it. */
  watch(planId: PlanId, watcher: ScanWatcher): () => void;
  /** To be called with all facts that become known; those of other plans are left alone. */
  hearFacts(facts: readonly Fact[]): void;
  /** False: it is no scan. */
  planEnded(planId: PlanId, ending: PlanEnding): boolean;
  /** True of results that somebody may still ask for. */
  isPinned(sha256: string): boolean;
}

interface Known {
  readonly watchers: Set<ScanWatcher>;
  readonly results: Set<string>;
}

export const createScans = (): Scans => {
  const known = new Map<PlanId, Known>();
  const add = (planId: PlanId): Known => {
    const scan = known.get(planId) ?? { watchers: new Set(), results: new Set() };
    known.set(planId, scan);
    return scan;
  };
  return {
    add,
    drop: (planId) => void known.delete(planId),
    has: (planId) => known.has(planId),
    watch: (planId, watcher) => {
      const { watchers } = add(planId);
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    hearFacts: (facts) => {
      for (const fact of facts) {
        const scan = known.get(fact.planId);
        if (scan === undefined) continue;
        const sha256 = fact.outcome.kind === 'built' ? parseDigest(fact.outcome.digest) : undefined;
        if (sha256 !== undefined) scan.results.add(sha256);
        for (const { hear } of scan.watchers) hear(fact);
      }
    },
    planEnded: (planId, ending) => {
      const scan = known.get(planId);
      if (scan === undefined) return false;
      for (const { end } of scan.watchers) end(ending);
      return true;
    },
    isPinned: (sha256) => [...known.values()].some(({ results }) => results.has(sha256)),
  };
};

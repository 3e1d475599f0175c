import type { Entry } from '../../src/core/facts/fact.ts';
import { type Life, lifeKey, type PlanId } from '../../src/core/ids.ts';

/** True when no number of any journal is missing: only then can it go on. */
export const areJournalsWhole = (entries: readonly Entry[]): boolean => {
  const journals = new Map<string, { count: number; last: number }>();
  for (const { origin, seq } of entries) {
    const key = lifeKey(origin);
    const { count, last } = journals.get(key) ?? { count: 0, last: 0 };
    journals.set(key, { count: count + 1, last: Math.max(last, seq) });
  }
  return [...journals.values()].every(({ count, last }) => count === last);
};

/**
 * What holds of one plan, as the first entries of a life in another plan of the same tasks: nothing can be taken out of a
 * journal that others may have.
 */
export const carryEntries = (entries: readonly Entry[], planId: PlanId, life: Life): readonly Entry[] =>
  entries.map((entry, index) => ({ ...entry, planId, origin: life, seq: index + 1 }));

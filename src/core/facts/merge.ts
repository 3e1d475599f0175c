import type { TaskName } from '../ids.ts';
import type { Fact } from './fact.ts';

/**
 * Of two facts about one task, the one that counts. The order is open < failed < built: once any host has built a
 * task, no failure takes it back. Between equals the smaller token counts, then the smaller origin. Commutative,
 * associative and idempotent, so agents that know the same facts agree, in whatever order they learnt them.
 */
export const mergeFacts = (a: Fact, b: Fact): Fact => (compareFacts(a, b) <= 0 ? a : b);

/** The fact that counts for each task. */
export const selectCanonical = (facts: Iterable<Fact>): Map<TaskName, Fact> => {
  const canonical = new Map<TaskName, Fact>();
  for (const fact of facts) {
    const known = canonical.get(fact.task);
    canonical.set(fact.task, known === undefined ? fact : mergeFacts(known, fact));
  }
  return canonical;
};

/** Negative when `a` counts before `b`. Zero only for the same fact. */
const compareFacts = (a: Fact, b: Fact): number =>
  rankOutcome(b) - rankOutcome(a) ||
  compareText(a.token, b.token) ||
  compareText(a.origin.host, b.origin.host) ||
  a.origin.incarnation - b.origin.incarnation ||
  a.seq - b.seq ||
  // One origin never gives one number to two facts; should a broken host do so, all still agree.
  compareText(JSON.stringify(a), JSON.stringify(b));

const rankOutcome = ({ outcome }: Fact): number => {
  switch (outcome.kind) {
    case 'failed':
      return 1;
    case 'built':
      return 2;
  }
};

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

import type { TaskName } from '../ids.ts';
import { compareText, compareTokens } from '../ids.ts';
import type { Entry, Fact } from './fact.ts';
import { isFact } from './fact.ts';

/**
 * Of two facts about one task, the one that counts. The order is open < failed < built: once any host has built a
 * task, no failure takes it back. Between equals the lower token counts, then the smaller origin. Commutative,
 * associative and idempotent, so agents that know the same facts agree, in whatever order they learnt them.
 */
export const mergeFacts = (a: Fact, b: Fact): Fact => (compareFacts(a, b) <= 0 ? a : b);

/** The fact that counts for each task. Attempts say nothing of that. */
export const selectCanonical = (entries: Iterable<Entry>): Map<TaskName, Fact> => {
  const canonical = new Map<TaskName, Fact>();
  for (const entry of entries) {
    if (!isFact(entry)) continue;
    const known = canonical.get(entry.task);
    canonical.set(entry.task, known === undefined ? entry : mergeFacts(known, entry));
  }
  return canonical;
};

/** Negative when `a` counts before `b`. Zero only for the same fact. */
const compareFacts = (a: Fact, b: Fact): number =>
  rankOutcome(b) - rankOutcome(a) ||
  compareTokens(a.token, b.token) ||
  compareText(a.origin.host, b.origin.host) ||
  a.origin.incarnation - b.origin.incarnation ||
  compareText(a.origin.boot, b.origin.boot) ||
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

import type { TaskName, Token } from '../ids.ts';
import { compareText, compareTokens } from '../ids.ts';
import type { Entry, Fact } from './fact.ts';
import { isFact, isRetry } from './fact.ts';

/**
 * Of two facts about one task, the one that counts. The order is open < failed < built: once any host has built a
 * task, no failure takes it back. Between equals the lower token counts, then the smaller origin. Commutative,
 * associative and idempotent, so agents that know the same facts agree, in whatever order they learnt them.
 */
export const mergeFacts = (a: Fact, b: Fact): Fact => (compareFacts(a, b) <= 0 ? a : b);

/** The fact that counts for each task: of those that no retry has voided. Attempts say nothing of that. */
export const selectCanonical = (entries: Iterable<Entry>): Map<TaskName, Fact> => {
  const canonical = new Map<TaskName, Fact>();
  for (const fact of listStanding([...entries])) {
    const known = canonical.get(fact.task);
    canonical.set(fact.task, known === undefined ? fact : mergeFacts(known, fact));
  }
  return canonical;
};

/** The facts that count at all, in their order: a failure that any entry voids does not, whichever of them came first. */
export const listStanding = (entries: readonly Entry[]): Fact[] => {
  const voids = new Map<TaskName, Set<Token>>();
  for (const entry of entries) {
    if (!isRetry(entry)) continue;
    const known = voids.get(entry.task) ?? new Set();
    for (const token of entry.outcome.voids) known.add(token);
    voids.set(entry.task, known);
  }
  return entries.filter(isFact).filter((fact) => !isVoid(fact, voids.get(fact.task)));
};

/** True of a failure whose token is among those. What has been built stays built. */
export const isVoid = ({ outcome, token }: Entry, voids: ReadonlySet<Token> | undefined): boolean =>
  outcome.kind !== 'built' && voids?.has(token) === true;

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

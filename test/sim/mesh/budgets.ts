import type { Verdict } from './judge.ts';

/** What a run may be judged by beyond right and wrong; of each, less is better. */
const budgets: Readonly<Record<string, (verdict: Verdict) => number>> = {
  'runs per task': ({ economy }) => economy.runs / Math.max(1, economy.tasks),
  'tasks built twice': ({ economy }) => economy.duplicates,
  'tasks built again for their file': ({ economy }) => economy.rebuilds,
  'runs ended early': ({ economy }) => economy.cancelled + economy.lost,
  'runs in trouble': ({ economy }) => economy.troubled,
  leaderships: ({ economy }) => economy.leaderships,
  'gifts never used': ({ economy }) => economy.idleGifts,
  'asks for work': ({ economy }) => economy.asks,
  'tasks that changed hands': ({ economy }) => economy.gifts,
  'fetches in vain': ({ economy }) => economy.failedFetches,
  'messages of elections': ({ economy }) => economy.canvasses,
  'messages of dispatch': ({ economy }) => economy.dispatches,
  'ms to a next leader, killed': ({ delays }) => findMax(delays.killed),
  'ms to a next leader, silent': ({ delays }) => findMax(delays.silent),
  'ms to a next leader, left': ({ delays }) => findMax(delays.left),
  'ms to a first start': ({ delays }) => findMax(delays.joins),
  'ms until lost work is given away': ({ delays }) => findMax(delays.offers),
  'ms of the shortest plan': ({ delays }) => delays.plans[0] ?? 0,
  'ms of the longest plan': ({ delays }) => findMax(delays.plans),
};

const findMax = (values: readonly number[]): number =>
  values.reduce((most, value) => Math.max(most, value), 0);

/** A budget that runs of the same seeds used more of. */
export interface Excess {
  readonly name: string;
  /** Means. */
  readonly before: number;
  readonly after: number;
}

/** Less may be chance, or not worth a rule. */
const leastShare = 0.02;
const leastDeviations = 3;

/**
 * Which budgets are worse after than before, most of all first. `pairs`: runs of one seed. Counted is what is worse by two
 * per cent, and by three standard errors of the differences.
 */
export const findExcesses = (pairs: readonly (readonly [Verdict, Verdict])[]): readonly Excess[] =>
  Object.entries(budgets)
    .flatMap(([name, read]) => {
      const before = findMean(pairs.map(([first]) => read(first)));
      const after = findMean(pairs.map(([, second]) => read(second)));
      const differences = pairs.map(([first, second]) => read(second) - read(first));
      const isWorse = after > before * (1 + leastShare) && isSure(differences);
      return isWorse ? [{ name, before, after }] : [];
    })
    .sort((a, b) => b.after / (b.before + 1e-9) - a.after / (a.before + 1e-9));

const findMean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

const isSure = (differences: readonly number[]): boolean => {
  const mean = findMean(differences);
  const variance = findMean(differences.map((each) => (each - mean) ** 2));
  return mean > leastDeviations * Math.sqrt(variance / Math.max(1, differences.length));
};

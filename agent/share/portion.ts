/** What an agent would take of its host if it were alone. */
export interface Wish {
  /** Unique on the host. */
  readonly id: string;
  readonly slots: number;
  readonly cores: number;
}

/** What it gets. */
export interface Portion {
  readonly slots: number;
  readonly cores: number;
}

/**
 * Shares a host of `hostCores` cores among agents. While their wishes fit, each has its own; else all are cut down by
 * the same factor, and what rounding leaves goes to the largest remainders, by id where they are equal. Nobody gets
 * less than one of each. Every agent that knows the same wishes comes to the same portions.
 */
export const portionHost = (wishes: readonly Wish[], hostCores: number): ReadonlyMap<string, Portion> => {
  const wanted = wishes.reduce((sum, { cores }) => sum + cores, 0);
  // One that may use more cores than there are means it: nobody else made the host smaller.
  const capacity = Math.max(hostCores, ...wishes.map(({ cores }) => cores));
  const factor = wanted <= capacity ? 1 : capacity / wanted;
  const slots = apportion(wishes, ({ slots: count }) => count * factor);
  const cores = apportion(wishes, ({ cores: count }) => count * factor);
  return new Map(
    wishes.map(({ id }) => [id, { slots: slots.get(id) ?? 1, cores: cores.get(id) ?? 1 }] as const),
  );
};

const apportion = (wishes: readonly Wish[], shareOf: (wish: Wish) => number): Map<string, number> => {
  // Sums of thirds must not fall short of a whole by the last bit.
  const shares = wishes.map((wish) => ({ id: wish.id, share: Math.round(shareOf(wish) * 1e6) / 1e6 }));
  const whole = Math.floor(shares.reduce((sum, { share }) => sum + share, 0) + 1e-3);
  const given = new Map(shares.map(({ id, share }) => [id, Math.max(1, Math.floor(share))]));
  let left = whole - [...given.values()].reduce((sum, count) => sum + count, 0);
  const byRemainder = shares
    .filter(({ share }) => share > 1)
    .toSorted((a, b) => (b.share % 1) - (a.share % 1) || (a.id < b.id ? -1 : 1));
  for (const { id } of byRemainder) {
    if (left <= 0) break;
    given.set(id, (given.get(id) ?? 1) + 1);
    left -= 1;
  }
  return given;
};

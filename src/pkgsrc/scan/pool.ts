/**
 * Works through a list that grows while it is worked through: what `work` returns is added at the end. At
 * most `limit` at the same time. Rejects with the first error, after what was running has ended; nothing is
 * started after it.
 */
export function drainGrowing<Item>(
  first: Iterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Iterable<Item>>,
): Promise<void> {
  const queue = [...first];
  let next = 0;
  let running = 0;
  let failure: { readonly error: unknown } | undefined;
  const { promise, resolve, reject } = Promise.withResolvers<void>();

  const startMore = (): void => {
    while (running < Math.max(1, limit) && next < queue.length && failure === undefined) {
      const item = queue[next];
      next += 1;
      if (item !== undefined) void runOne(item);
    }
    if (running > 0) return;
    if (failure === undefined) resolve();
    else reject(failure.error);
  };
  const runOne = async (item: Item): Promise<void> => {
    running += 1;
    try {
      for (const found of await work(item)) queue.push(found);
    } catch (error) {
      failure ??= { error };
    } finally {
      running -= 1;
    }
    startMore();
  };

  startMore();
  return promise;
}

/** As `drainGrowing`, for a list that is known. */
export const forEachLimited = <Item>(
  items: Iterable<Item>,
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> =>
  drainGrowing(items, limit, async (item) => {
    await work(item);
    return [];
  });

/**
 * A part of a list, in the list's order, that still fails, and of which no single item can be left out, as far as
 * `triesMax` calls of `fails` go. Ever smaller stretches are left out, as in the delta debugging of Zeller and Hildebrandt
 * (2002), complements only. `fails` must be true of the list itself.
 */
export const shrinkList = <Item>(
  items: readonly Item[],
  fails: (part: readonly Item[]) => boolean,
  triesMax = Number.POSITIVE_INFINITY,
): readonly Item[] => {
  let left = items;
  let tries = 0;
  let length = left.length;
  while (length >= 1) {
    const before = left.length;
    for (let from = 0; from < left.length && tries < triesMax; ) {
      const rest = [...left.slice(0, from), ...left.slice(from + length)];
      tries += 1;
      if (fails(rest)) left = rest;
      else from += length;
    }
    if (tries >= triesMax) break;
    // What could not go before may go now that others are gone.
    if (length > 1 || left.length === before) length = Math.min(length >> 1, left.length);
  }
  return left;
};

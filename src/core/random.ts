/**
 * Numbers that look like chance and come again with the same seed (mulberry32, public domain by Tommy Ettinger). The
 * state is plain data: an agent whose state is copied goes on with the same numbers.
 */
export interface RandomState {
  word: number;
}

export const createRandom = (seed: number): RandomState => ({ word: seed | 0 });

/** From 0 (included) to 1 (not). */
export const drawShare = (random: RandomState): number => {
  random.word = (random.word + 0x6d2b79f5) | 0;
  let mixed = Math.imul(random.word ^ (random.word >>> 15), 1 | random.word);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
};

/** A whole number from 0 to `count - 1`. */
export const drawIndex = (random: RandomState, count: number): number =>
  Math.floor(drawShare(random) * count);

/** One of a list; undefined of an empty one. */
export const drawItem = <Item>(random: RandomState, items: readonly Item[]): Item | undefined =>
  items[drawIndex(random, items.length)];

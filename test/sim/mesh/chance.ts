import type { Random } from '../random.ts';
import { createRandom } from '../random.ts';

/**
 * A stream of chances of its own for each thing that is named, so that to leave one thing out of a scenario does not
 * change the chances of the others.
 */
export const createStream = (seed: number, ...names: readonly (string | number)[]): Random =>
  createRandom(mixSeed(seed, names));

const mixSeed = (seed: number, names: readonly (string | number)[]): number => {
  let mixed = seed | 0;
  for (const name of names) {
    const text = String(name);
    for (let index = 0; index < text.length; index++) mixed = mixNumber(mixed, text.charCodeAt(index));
    mixed = mixNumber(mixed, 0x1f);
  }
  return mixed;
};

/** One step of a 32-bit hash (FNV-1a by Fowler, Noll and Vo, with a word where it has a byte, and a final stir). */
export const mixNumber = (hash: number, value: number): number => {
  const mixed = Math.imul(hash ^ value, 0x01000193);
  return mixed ^ (mixed >>> 15);
};

/** Whole, from `low` to `high`, small ones as likely as large ones by their order of magnitude. */
export const drawMagnitude = (random: Random, low: number, high: number): number =>
  Math.round(low * (high / low) ** random.next());

/** About normal: mean 0, deviation 1, between -6 and 6. A sum of even chances. */
export const drawNormal = (random: Random): number => {
  let sum = -6;
  for (let count = 0; count < 12; count++) sum += random.next();
  return sum;
};

/** Another order of a list. */
export const shuffle = <Item>(random: Random, items: readonly Item[]): Item[] => {
  const keyed = items.map((item) => ({ item, key: random.next() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
};

/** One of a list, which must not be empty. */
export const pick = <Item>(random: Random, items: readonly Item[]): Item => {
  const item = items[Math.floor(random.next() * items.length)];
  if (item === undefined) throw new RangeError('nothing to choose from');
  return item;
};

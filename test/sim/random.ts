import * as core from '../../src/core/random.ts';

/** Numbers that look like chance and come again with the same seed: those of the core, with what tests ask of them. */
export interface Random {
  /** From 0 (included) to 1 (not). */
  next(): number;
  /** A whole number, both ends included. */
  between(low: number, high: number): number;
  /** True in `share` of the cases. */
  chance(share: number): boolean;
}

export const createRandom = (seed: number): Random => {
  const state = core.createRandom(seed);
  const next = (): number => core.drawShare(state);
  return {
    next,
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (share) => next() < share,
  };
};

import type { Life } from '../ids.ts';
import type { StealId } from '../message.ts';
import type { Holding } from '../queue/queue.ts';

/** What an agent takes from others, and gives to them. */
export interface Stealing {
  /** The steal that waits for its answer; undefined: none does. */
  asked: Asked | undefined;
  /** Steals asked for in this life. */
  count: number;
  /** Steals of this life that brought something, and those that were given up and never will. */
  readonly taken: Set<number>;
  readonly refused: Set<number>;
  /** Tries in a row that brought nothing. */
  failures: number;
  /** Not to be tried before, milliseconds. */
  retryAtMs: number;
  /** Since when a slot here has had nothing to do; undefined: none has. */
  idleSinceMs: number | undefined;
  /** What this agent has given away and not heard of since. Nobody else may start it, nor may this agent. */
  readonly transfers: Transfer[];
}

export interface Asked {
  readonly id: StealId;
  readonly untilMs: number;
}

export interface Transfer {
  readonly id: StealId;
  readonly to: Life;
  /** With the token under which the thief has it. */
  readonly holding: Holding;
  askAtMs: number;
}

export const createStealing = (): Stealing => ({
  asked: undefined,
  count: 0,
  taken: new Set(),
  refused: new Set(),
  failures: 0,
  retryAtMs: 0,
  idleSinceMs: undefined,
  transfers: [],
});

export const isSameSteal = (a: StealId, b: StealId): boolean =>
  a.count === b.count && a.thief.host === b.thief.host && a.thief.boot === b.thief.boot;

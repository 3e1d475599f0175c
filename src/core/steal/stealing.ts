import type { Life } from '../ids.ts';
import type { StealId } from '../message.ts';
import type { Holding } from '../queue/queue.ts';

/** What an agent takes from others, and gives to them. */
export interface Stealing {
  /** The steal that waits for its answer; undefined: none does. */
  asked: Asked | undefined;
  /** Steals asked for in this life. */
  count: number;
  /** The last steals of this life that brought something; those of long ago nobody asks about any more. */
  readonly taken: Set<number>;
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
  failures: 0,
  retryAtMs: 0,
  idleSinceMs: undefined,
  transfers: [],
});

/** Far more than can be asked about at a time. */
const takenMax = 1_000;

/** A steal has brought something. */
export const noteTaken = ({ taken }: Stealing, count: number): void => {
  taken.add(count);
  const [first] = taken;
  if (taken.size > takenMax && first !== undefined) taken.delete(first);
};

export const isSameSteal = (a: StealId, b: StealId): boolean =>
  a.count === b.count && a.thief.host === b.thief.host && a.thief.boot === b.thief.boot;

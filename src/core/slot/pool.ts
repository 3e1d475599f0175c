import { assert } from '../assert.ts';
import type { SlotName } from '../ids.ts';
import { slotName } from '../ids.ts';
import type { Command, Slot, SlotState } from './slot.ts';
import { becomeRetired, createSlot } from './slot.ts';

/** The slots of one host. Retired ones stay listed until a sweep has cleaned them, so that what was lost shows. */
export interface Pool {
  /** In the order of their making, which is the order in which they get work. */
  readonly slots: Slot[];
  /** Failures to make a sandbox on any slot since one worked. */
  prepareStreak: number;
  /** Slots retired since one was last cleaned. */
  retireStreak: number;
  /** The highest number in a name that a slot has ever had. */
  lastNumber: number;
  /** Commands given about slots. */
  orders: number;
}

/** A pool of slots of which nothing is on the host yet. */
export const createPool = (names: readonly SlotName[]): Pool => {
  assert(new Set(names).size === names.length, 'two slots have one name');
  return {
    slots: names.map((name) => createSlot(name, undefined)),
    prepareStreak: 0,
    retireStreak: 0,
    lastNumber: Math.max(0, ...names.map(numberOf)),
    orders: 0,
  };
};

/** The next command about a slot of this pool. */
export const nextCommand = (pool: Pool, nowMs: number): Command => {
  pool.orders += 1;
  return { order: pool.orders, sinceMs: nowMs };
};

export const findSlot = (pool: Pool, name: SlotName): Slot | undefined =>
  pool.slots.find((slot) => slot.name === name);

/** The slots that are in one state. */
export const listSlots = (pool: Pool, kind: SlotState['kind']): readonly Slot[] =>
  pool.slots.filter((slot) => slot.state.kind === kind);

/** How many slots can be used or made usable: as many as the host was given, whatever was retired meanwhile. */
export const countPlaces = (pool: Pool): number =>
  pool.slots.reduce((count, slot) => (slot.state.kind === 'retired' ? count : count + 1), 0);

/** True when nothing of any slot is on the host, but for what retired ones left. */
export const isPoolClean = (pool: Pool): boolean =>
  pool.slots.every(({ state }) => state.kind === 'empty' || state.kind === 'retired');

/** Takes a slot that will not clean out of use, and puts a new one in its place, to be made at `retryAtMs`. */
export const replaceSlot = (pool: Pool, slot: Slot, retryAtMs: number): Slot => {
  becomeRetired(slot);
  pool.retireStreak += 1;
  const replacement = createSlot(nextName(pool, slot.name), retryAtMs);
  pool.slots.push(replacement);
  return replacement;
};

/** Forgets retired slots of which nothing is left. */
export const forgetRetired = (pool: Pool, names: readonly SlotName[]): void => {
  const rest = pool.slots.filter(({ name, state }) => state.kind !== 'retired' || !names.includes(name));
  pool.slots.splice(0, pool.slots.length, ...rest);
};

/** `build-9` after `build-8`: a name that this pool has never had. */
const nextName = (pool: Pool, like: SlotName): SlotName => {
  pool.lastNumber += 1;
  return slotName(`${like.replace(/-\d+$/, '')}-${pool.lastNumber}`);
};

const numberOf = (name: SlotName): number => Number(/-(\d+)$/.exec(name)?.[1] ?? 0);

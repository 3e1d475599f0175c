import { assert } from '../assert.ts';
import type { Reservation } from '../dispatch/ledger.ts';
import type { PlanId, SlotName, TaskName, Token } from '../ids.ts';

/** One attempt at one task on one slot. */
export interface Run {
  readonly planId: PlanId;
  /** Its number in the plan's table. */
  readonly task: number;
  readonly name: TaskName;
  readonly token: Token;
  /** MAKE_JOBS. */
  readonly jobs: number;
  /** That it needs so that the plan does not wait for it. */
  readonly cores: number;
  /** Monotonic, milliseconds. */
  readonly startedAtMs: number;
  /** What the speed book of its host said then of how crowded its cores had been. */
  readonly crowdedFromMs: number;
  /** Unix milliseconds, for people. */
  readonly startedAtWallMs: number;
  /** Nothing else may run beside it. */
  readonly alone: boolean;
  readonly reservation: Reservation;
  /** It has been built, and is built again because no host has its file any more. */
  readonly again: boolean;
  /** A second run of what runs elsewhere. */
  readonly duplicate: boolean;
  /** When it is expected to be over, milliseconds. */
  readonly endAtMs: number;
  /** There was little room on the disk when it started. */
  readonly diskLow: boolean;
  /** The agent has asked for its end: what it brings back says nothing about task or host. */
  cancelled: CancelCause | undefined;
}

/** Why the agent ends a run: the user's word, to save the disk for others, its end is known, the coordinator's word. */
export type CancelCause = 'stopped' | 'disk' | 'known' | 'told';

/**
 * What a slot is at: nothing is there, prepare, ready, running, cleaning, retired. `preparing`, `running` and
 * `cleaning` each wait for the one answer that carries the number of the command, or the token of the run, so two
 * things never overlap on one slot and an answer that comes late is known for what it is.
 *
 *     empty -> preparing -> ready -> running -> cleaning -> empty
 *       ^________|  |         |                 ^  |   |
 *     (again later) |         +-----------------+  |   +-> retired (a new slot takes its place; a sweep
 *                   |                           ^  v          that cleans it makes it disappear)
 *                   +-> retired (no answer)    stuck (cleaned again later)
 *
 * Only a `ready` slot runs anything, and a `retired` one never leaves that state.
 */
export type SlotState =
  /** Nothing of it is on the host. `retryAtMs`: not to be made before. */
  | { readonly kind: 'empty'; readonly retryAtMs: number | undefined }
  /** `order`: the number of the command that it waits for; `sinceMs`: since when. */
  | { readonly kind: 'preparing'; readonly order: number; readonly sinceMs: number }
  | { readonly kind: 'ready' }
  | { readonly kind: 'running'; readonly run: Run }
  | { readonly kind: 'cleaning'; readonly order: number; readonly sinceMs: number }
  | { readonly kind: 'stuck'; readonly retryAtMs: number }
  | { readonly kind: 'retired' };

/** One named sandbox place of this host. */
export interface Slot {
  readonly name: SlotName;
  state: SlotState;
  /** Tries to make it that failed since one worked. */
  prepareFailures: number;
  /** Tries to clean it that failed since it was last clean. */
  cleanFailures: number;
}

export const createSlot = (name: SlotName, retryAtMs: number | undefined): Slot => ({
  name,
  state: { kind: 'empty', retryAtMs },
  prepareFailures: 0,
  cleanFailures: 0,
});

/** A command to the shell: its number, never given twice in one life, and when it was given. */
export interface Command {
  readonly order: number;
  readonly sinceMs: number;
}

export const becomePreparing = (slot: Slot, { order, sinceMs }: Command): void => {
  expectState(slot, 'empty');
  slot.state = { kind: 'preparing', order, sinceMs };
};

export const becomeReady = (slot: Slot): void => {
  expectState(slot, 'preparing');
  slot.prepareFailures = 0;
  slot.state = { kind: 'ready' };
};

export const becomeRunning = (slot: Slot, run: Run): void => {
  expectState(slot, 'ready');
  slot.state = { kind: 'running', run };
};

export const becomeCleaning = (slot: Slot, { order, sinceMs }: Command): void => {
  expectState(slot, 'ready', 'running', 'stuck');
  slot.state = { kind: 'cleaning', order, sinceMs };
};

/** It is gone from the host, or (from `preparing`) never came to be there. */
export const becomeEmpty = (slot: Slot, retryAtMs: number | undefined): void => {
  expectState(slot, 'preparing', 'cleaning', 'empty');
  if (slot.state.kind === 'cleaning') slot.cleanFailures = 0;
  if (slot.state.kind === 'preparing') slot.prepareFailures += 1;
  slot.state = { kind: 'empty', retryAtMs };
};

export const becomeStuck = (slot: Slot, retryAtMs: number): void => {
  expectState(slot, 'cleaning');
  slot.state = { kind: 'stuck', retryAtMs };
};

export const becomeRetired = (slot: Slot): void => {
  expectState(slot, 'cleaning', 'preparing');
  slot.state = { kind: 'retired' };
};

const expectState = (slot: Slot, ...kinds: readonly SlotState['kind'][]): void =>
  assert(
    kinds.includes(slot.state.kind),
    `slot ${slot.name} is ${slot.state.kind}, not ${kinds.join(' or ')}`,
  );

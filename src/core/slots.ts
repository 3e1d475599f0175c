import { countStartable } from './graph/progress.ts';
import type { SlotName } from './ids.ts';
import { backoffMs } from './limits.ts';
import { findSlot, listSlots, replaceSlot } from './slot/pool.ts';
import type { Slot } from './slot/slot.ts';
import { becomeCleaning, becomeEmpty, becomePreparing, becomeReady, becomeStuck } from './slot/slot.ts';
import type { Step } from './state.ts';
import { countStarts, listActivePlans } from './state.ts';

/** An answer of the shell about a slot, or a person's word about it. */
export type SlotNews =
  | { readonly kind: 'slotPrepared'; readonly slot: SlotName }
  | { readonly kind: 'slotNotPrepared'; readonly slot: SlotName; readonly reason: string }
  | { readonly kind: 'slotCleaned'; readonly slot: SlotName }
  | { readonly kind: 'slotNotCleaned'; readonly slot: SlotName; readonly reason: string }
  | { readonly kind: 'slotCondemned'; readonly slot: SlotName };

/** Moves a slot by what was heard of it. News that does not fit what the slot is at is noted, no more. */
export const hearSlot = (step: Step, news: SlotNews): void => {
  const slot = findSlot(step.state.pool, news.slot);
  const state = slot?.state.kind ?? 'unknown';
  if (slot !== undefined && state === 'preparing' && news.kind === 'slotPrepared') {
    becomeReady(slot);
    step.state.pool.prepareStreak = 0;
  } else if (slot !== undefined && state === 'preparing' && news.kind === 'slotNotPrepared') {
    missPrepare(step, slot, news.reason);
  } else if (slot !== undefined && state === 'cleaning' && news.kind === 'slotCleaned') {
    becomeEmpty(slot, undefined);
    step.state.pool.retireStreak = 0;
  } else if (slot !== undefined && state === 'cleaning' && news.kind === 'slotNotCleaned') {
    missClean(step, slot, news.reason);
  } else if (
    slot !== undefined &&
    (state === 'ready' || state === 'stuck') &&
    news.kind === 'slotCondemned'
  ) {
    startCleaning(step, slot);
  } else {
    noteTrouble(step, news.slot, `${news.kind} while ${state}: ignored`);
  }
};

/** Cleans what waits for another try, and what no plan has a use for. */
export const cleanSlots = (step: Step): void => {
  const { state, now } = step;
  for (const slot of listSlots(state.pool, 'stuck')) {
    if (slot.state.kind === 'stuck' && slot.state.retryAtMs <= now.now) startCleaning(step, slot);
  }
  if (countWanted(step) > 0) return;
  for (const slot of listSlots(state.pool, 'ready')) startCleaning(step, slot);
};

/**
 * Makes sandboxes for tasks that may have to be started, ahead of them, but no more than there are such tasks, and no
 * more than may start.
 */
export const prepareSlots = (step: Step): void => {
  const { state, now, effects } = step;
  const { pool, admission, limits } = state;
  let underWay = listSlots(pool, 'preparing').length;
  const wanted = Math.min(countWanted(step), countStarts(state));
  let free = wanted - listSlots(pool, 'ready').length - underWay;
  for (const slot of pool.slots) {
    if (slot.state.kind !== 'empty') continue;
    const { retryAtMs } = slot.state;
    if (retryAtMs !== undefined && retryAtMs > now.now) continue;
    if (retryAtMs !== undefined) becomeEmpty(slot, undefined);
    const tooMany = pool.prepareStreak >= limits.prepareStreak && underWay > 0;
    if (free <= 0 || tooMany || admission.gate.kind === 'held') continue;
    becomePreparing(slot);
    effects.push({ kind: 'prepare', slot: slot.name });
    underWay += 1;
    free -= 1;
  }
};

/** When a slot next has something to do by itself. */
export const listSlotDeadlines = ({ state }: Step): readonly number[] =>
  state.pool.slots.flatMap((slot) =>
    (slot.state.kind === 'empty' || slot.state.kind === 'stuck') && slot.state.retryAtMs !== undefined
      ? [slot.state.retryAtMs]
      : [],
  );

/** How many slots could be of use. */
const countWanted = ({ state }: Step): number =>
  listActivePlans(state).reduce((sum, plan) => sum + countStartable(plan.progress), 0);

const missPrepare = (step: Step, slot: Slot, reason: string): void => {
  const { state, now } = step;
  const { pool, limits } = state;
  pool.prepareStreak += 1;
  const pauseMs = backoffMs(limits.preparePause, slot.prepareFailures + 1);
  becomeEmpty(slot, now.now + pauseMs);
  noteTrouble(step, slot.name, `could not be made, next try in ${pauseMs / 1000} s: ${reason}`);
  if (pool.prepareStreak === limits.prepareStreak) {
    noteTrouble(
      step,
      slot.name,
      `${pool.prepareStreak} tries in a row failed on this host: from now on one at a time`,
    );
  }
};

const missClean = (step: Step, slot: Slot, reason: string): void => {
  const { state, now, effects } = step;
  const { pool, limits } = state;
  slot.cleanFailures += 1;
  if (slot.cleanFailures < limits.cleanTriesMax) {
    const pauseMs = backoffMs(limits.cleanPause, slot.cleanFailures);
    becomeStuck(slot, now.now + pauseMs);
    noteTrouble(step, slot.name, `could not be cleaned, next try in ${pauseMs / 1000} s: ${reason}`);
    return;
  }
  const pauseMs = backoffMs(limits.replacePause, pool.retireStreak + 1);
  const replacement = replaceSlot(pool, slot, now.now + pauseMs);
  effects.push({ kind: 'retire', slot: slot.name, replacement: replacement.name, reason });
};

const startCleaning = ({ effects }: Step, slot: Slot): void => {
  becomeCleaning(slot);
  effects.push({ kind: 'clean', slot: slot.name });
};

const noteTrouble = ({ effects }: Step, slot: SlotName, detail: string): void => {
  effects.push({ kind: 'note', note: { kind: 'slotTrouble', slot, detail } });
};

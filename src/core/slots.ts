import { never } from './assert.ts';
import { isFitHere } from './dispatch/places.ts';
import { countStartable } from './graph/progress.ts';
import type { SlotName } from './ids.ts';
import type { Event } from './input.ts';
import { backoffMs } from './limits.ts';
import { findSlot, listSlots, nextCommand, replaceSlot } from './slot/pool.ts';
import type { Slot } from './slot/slot.ts';
import { becomeCleaning, becomeEmpty, becomePreparing, becomeReady, becomeStuck } from './slot/slot.ts';
import type { AgentState, Step } from './state.ts';
import { countSpares, countStarts, listActivePlans } from './state.ts';

/** An answer of the shell about a slot, or a person's word about it. */
export type SlotNews = Extract<
  Event,
  { readonly kind: 'slotPrepared' | 'slotNotPrepared' | 'slotCleaned' | 'slotNotCleaned' | 'slotCondemned' }
>;

/** Moves a slot by what was heard of it. News that does not fit what the slot is at is noted, no more. */
export const hearSlot = (step: Step, news: SlotNews): void => {
  const slot = findSlot(step.state.pool, news.slot);
  if (slot !== undefined && isExpected(slot, news)) moveSlot(step, slot, news);
  else noteTrouble(step, news.slot, `${news.kind} while ${slot?.state.kind ?? 'unknown'}: ignored`);
};

/** An answer counts when it carries the number of the command that the slot waits for. */
const isExpected = ({ state }: Slot, news: SlotNews): boolean => {
  switch (news.kind) {
    case 'slotPrepared':
    case 'slotNotPrepared':
      return state.kind === 'preparing' && state.order === news.order;
    case 'slotCleaned':
    case 'slotNotCleaned':
      return state.kind === 'cleaning' && state.order === news.order;
    case 'slotCondemned':
      return state.kind === 'ready' || state.kind === 'stuck';
    default:
      return never(news);
  }
};

const moveSlot = (step: Step, slot: Slot, news: SlotNews): void => {
  switch (news.kind) {
    case 'slotPrepared':
      becomeReady(slot);
      step.state.pool.prepareStreak = 0;
      break;
    case 'slotNotPrepared':
      missPrepare(step, slot, news.reason);
      break;
    case 'slotCleaned':
      becomeEmpty(slot, undefined);
      step.state.pool.retireStreak = 0;
      break;
    case 'slotNotCleaned':
      missClean(step, slot, news.reason);
      break;
    case 'slotCondemned':
      startCleaning(step, slot);
      break;
    default:
      never(news);
  }
};

/** Gives up the slots whose answer has not come for so long that nothing more can be said of them. */
export const retireHanging = (step: Step): void => {
  const { state, now } = step;
  for (const { slot, atMs, what } of listHanging(state)) {
    if (atMs > now.now) continue;
    if (what === 'made') state.pool.prepareStreak += 1;
    retireSlot(step, slot, `it is being ${what} and comes to no end`);
  }
};

const listHanging = ({ pool, limits }: AgentState) =>
  pool.slots.flatMap((slot) => {
    const { state } = slot;
    if (state.kind === 'preparing') {
      return [{ slot, atMs: state.sinceMs + limits.prepareMaxMs, what: 'made' }];
    }
    if (state.kind === 'cleaning') {
      return [{ slot, atMs: state.sinceMs + limits.cleanMaxMs, what: 'cleaned' }];
    }
    return [];
  });

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
 * more than may start and the spare ones.
 */
export const prepareSlots = (step: Step): void => {
  const { state, now, effects } = step;
  const { pool, admission, limits } = state;
  let underWay = listSlots(pool, 'preparing').length;
  const wanted = Math.min(countWanted(step), countStarts(state) + countSpares(state));
  let free = wanted - listSlots(pool, 'ready').length - underWay;
  for (const slot of pool.slots) {
    if (slot.state.kind !== 'empty') continue;
    const { retryAtMs } = slot.state;
    if (retryAtMs !== undefined && retryAtMs > now.now) continue;
    if (retryAtMs !== undefined) becomeEmpty(slot, undefined);
    const tooMany = pool.prepareStreak >= limits.prepareStreak && underWay > 0;
    if (free <= 0 || tooMany || admission.gate.kind === 'held') continue;
    const command = nextCommand(pool, now.now);
    becomePreparing(slot, command);
    effects.push({ kind: 'prepare', slot: slot.name, order: command.order });
    underWay += 1;
    free -= 1;
  }
};

/** When a slot next has something to do by itself. */
export const listSlotDeadlines = ({ state }: Step): readonly number[] => [
  ...listHanging(state).map(({ atMs }) => atMs),
  ...state.pool.slots.flatMap((slot) =>
    (slot.state.kind === 'empty' || slot.state.kind === 'stuck') && slot.state.retryAtMs !== undefined
      ? [slot.state.retryAtMs]
      : [],
  ),
];

/** How many slots could be of use: for what is nobody's yet, and for what waits here. */
const countWanted = ({ state }: Step): number =>
  state.isDrained
    ? 0
    : listActivePlans(state)
        .filter((plan) => isFitHere(state, plan))
        .reduce((sum, plan) => sum + countStartable(plan.progress), state.queue.length);

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
  const { state, now } = step;
  const { limits } = state;
  slot.cleanFailures += 1;
  if (slot.cleanFailures < limits.cleanTriesMax) {
    const pauseMs = backoffMs(limits.cleanPause, slot.cleanFailures);
    becomeStuck(slot, now.now + pauseMs);
    noteTrouble(step, slot.name, `could not be cleaned, next try in ${pauseMs / 1000} s: ${reason}`);
    return;
  }
  retireSlot(step, slot, reason);
};

/** Takes a slot out of use for good; another one takes its place after a while. */
const retireSlot = ({ state, now, effects }: Step, slot: Slot, reason: string): void => {
  const { pool, limits } = state;
  const pauseMs = backoffMs(limits.replacePause, pool.retireStreak + 1);
  const replacement = replaceSlot(pool, slot, now.now + pauseMs);
  effects.push({ kind: 'retire', slot: slot.name, replacement: replacement.name, reason });
};

/** Has the sandbox of a slot that runs nothing, or nothing any more, taken away. */
export const startCleaning = ({ state, now, effects }: Step, slot: Slot): void => {
  const command = nextCommand(state.pool, now.now);
  becomeCleaning(slot, command);
  effects.push({ kind: 'clean', slot: slot.name, order: command.order });
};

const noteTrouble = ({ effects }: Step, slot: SlotName, detail: string): void => {
  effects.push({ kind: 'note', note: { kind: 'slotTrouble', slot, detail } });
};

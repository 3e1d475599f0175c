import { assert, never } from './assert.ts';
import { advanceAdmission, findAdmissionDeadline } from './dispatch/admission.ts';
import type { Effect } from './effect.ts';
import { orderEffects } from './effect.ts';
import { relieveDisk } from './eviction.ts';
import { releasePaused } from './graph/progress.ts';
import type { Event, Now } from './input.ts';
import type { Limits } from './limits.ts';
import { defaultLimits } from './limits.ts';
import { addPlan, bookPlans, endPlans, shutDown, stopPlan } from './plans.ts';
import { endRun } from './runs.ts';
import { createPool } from './slot/pool.ts';
import { cleanSlots, hearSlot, listSlotDeadlines, prepareSlots, retireHanging } from './slots.ts';
import { startRuns } from './starts.ts';
import type { AgentState, Step } from './state.ts';
import { createState, listActivePlans } from './state.ts';
import { askForSweep, endSweep } from './sweeps.ts';

export type { AgentState } from './state.ts';
export {
  expectedRemainingMs,
  isAtRest,
  listBlocked,
  lowerBoundMs,
  slotSeconds,
  slotViews,
  snapshotPlan,
  viewWait,
} from './view.ts';

/** The state of an agent that has not booted. Limits that are not given have their defaults. */
export const createAgent = (limits: Partial<Limits> = {}): AgentState =>
  createState({ ...defaultLimits, ...limits });

/**
 * One step of the agent: an event in, what the world is to do about it out, in the order in which it is to be
 * done (see `Effect`). Changes `state` in place and nothing else; the same events at the same times always give
 * the same effects. Throws `AssertionFailure` when the shell breaks the rules: an event before `booted`, a clock
 * that goes back, a plan that `checkPlan` refuses.
 */
export const handle = (state: AgentState, event: Event, now: Now): readonly Effect[] => {
  assert(now.now >= state.nowMs, `the clock went back from ${state.nowMs} to ${now.now}`);
  assert(
    event.kind === 'booted' || state.life !== undefined,
    `${event.kind} came before the agent had booted`,
  );
  bookPlans(state, now.now);
  state.nowMs = now.now;
  const step: Step = { state, now, effects: [] };
  applyEvent(step, event);
  settle(step);
  return orderEffects(step.effects);
};

const applyEvent = (step: Step, event: Event): void => {
  const { state } = step;
  switch (event.kind) {
    case 'booted':
      assert(state.life === undefined, 'an agent booted twice in one life');
      boot(step, event);
      break;
    case 'allowance':
      assert(event.slots >= 1 && event.cores >= 1, 'an allowance needs a slot and a core');
      state.allowance = { slots: event.slots, cores: event.cores };
      break;
    case 'planAdded':
      addPlan(step, event);
      break;
    case 'planStopped':
      stopPlan(step, event.planId, event.mode);
      break;
    case 'slotPrepared':
    case 'slotNotPrepared':
    case 'slotCleaned':
    case 'slotNotCleaned':
    case 'slotCondemned':
      hearSlot(step, event);
      break;
    case 'runEnded':
      endRun(step, event.slot, event.token, event.result);
      break;
    case 'resources':
      state.resources = event.resources;
      relieveDisk(step);
      break;
    case 'swept':
      endSweep(step, event.clean);
      break;
    case 'shutdown':
      shutDown(step, event.mode);
      break;
    case 'tick':
      state.wakeAtMs = undefined;
      break;
    default:
      never(event);
  }
};

const boot = ({ state, now }: Step, event: Extract<Event, { readonly kind: 'booted' }>): void => {
  assert(state.life === undefined, 'an agent booted twice in one life');
  assert(event.runs >= 1 && event.cores >= 1, 'an agent needs a slot and a core');
  assert(event.runs <= event.slots.length, 'an agent cannot run more tasks than it has slots');
  state.life = event.life;
  state.runs = event.runs;
  state.allowance = { slots: event.runs, cores: event.cores };
  state.workMemoryBytes = event.workMemoryBytes;
  state.pool = createPool(event.slots);
  state.sweep = { kind: 'waiting', atMs: now.now + state.limits.sweepEveryMs };
};

/** What follows from the new state and the new time, whatever the event was: the same rules in the same order. */
const settle = (step: Step): void => {
  const { state, now } = step;
  advanceAdmission(state.admission, now.now, state.limits);
  for (const plan of listActivePlans(state)) releasePaused(plan.progress, now.now);
  retireHanging(step);
  startRuns(step);
  cleanSlots(step);
  prepareSlots(step);
  askForSweep(step);
  endPlans(step);
  askForWake(step);
};

/** One wake for the earliest deadline, told again only when it changes. */
const askForWake = (step: Step): void => {
  const { state, now, effects } = step;
  const deadlines = [
    ...listSlotDeadlines(step),
    ...listActivePlans(state).flatMap(({ progress }) => progress.paused.map(({ untilMs }) => untilMs)),
    findAdmissionDeadline(state.admission, state.limits) ?? Number.POSITIVE_INFINITY,
    state.sweep.kind === 'waiting' && state.stopping === undefined
      ? state.sweep.atMs
      : Number.POSITIVE_INFINITY,
  ].filter((at) => at > now.now);
  const at = Math.min(...deadlines);
  if (!Number.isFinite(at) || at === state.wakeAtMs) return;
  state.wakeAtMs = at;
  effects.push({ kind: 'wake', at });
};

import type { Effect } from '../../../../src/core/effect.ts';
import type { SlotName } from '../../../../src/core/ids.ts';
import type { Event } from '../../../../src/core/input.ts';
import type { Observer, Place } from '../trace.ts';
import { Breach } from '../trace.ts';

/** What is on a slot. `lost`: it was retired, and something may be left of it. */
type Use = 'nothing' | 'preparing' | 'ready' | 'running' | 'dirty' | 'cleaning' | 'lost';

/** What one process has done with its slots. */
interface Desk {
  readonly uses: Map<SlotName, Use>;
  /** The last command about each, which alone counts when it is answered. */
  readonly orders: Map<SlotName, number>;
  /** How many may run, and with how many cores. */
  slots: number;
  cores: number;
  isDrained: boolean;
}

/** From what each command may come, and to what it leads. */
const moves: Readonly<Partial<Record<Effect['kind'], { readonly from: readonly Use[]; readonly to: Use }>>> =
  {
    prepare: { from: ['nothing'], to: 'preparing' },
    clean: { from: ['ready', 'dirty'], to: 'cleaning' },
    start: { from: ['ready'], to: 'running' },
    retire: { from: ['preparing', 'dirty', 'cleaning'], to: 'lost' },
  };

/**
 * S5. A host runs no task twice at once, no more tasks or jobs than its slots and cores allow, and nothing new when it is
 * drained. S10. A sandbox is made where there is none, used by one run at a time, and cleaned before it is used again.
 */
export const checkSlots = (): Observer => {
  const desks = new Map<Place, Desk>();

  const follow = (place: Place, event: Event): void => {
    if (event.kind === 'booted') {
      const { runs: slots, cores } = event;
      desks.set(place, { uses: new Map(), orders: new Map(), slots, cores, isDrained: false });
      return;
    }
    const desk = desks.get(place);
    if (desk === undefined) return;
    if (event.kind === 'allowance') {
      desk.slots = Math.max(1, Math.min(place.spec.slots, event.slots));
      desk.cores = Math.max(1, event.cores);
    }
    if (event.kind === 'drained') desk.isDrained = event.isDrained;
    if (event.kind === 'runEnded' && desk.uses.get(event.slot) === 'running') {
      desk.uses.set(event.slot, 'dirty');
    }
    if (!isAnswer(event) || desk.orders.get(event.slot) !== event.order) return;
    const use = desk.uses.get(event.slot);
    if (use !== 'preparing' && use !== 'cleaning') return;
    desk.uses.set(event.slot, afterAnswer[event.kind]);
  };

  const demandRoom = (place: Place, desk: Desk, start: Extract<Effect, { readonly kind: 'start' }>): void => {
    const { planId, task, jobs } = start;
    let builds = 0;
    for (const build of place.builds.values()) {
      if (build.token === start.token) continue;
      builds += 1;
      if (build.task === task && build.planId === planId) {
        throw new Breach('S5', `${task} starts on ${start.slot} while it runs on ${build.slot}`);
      }
    }
    if (desk.isDrained) throw new Breach('S5', `${task} starts on a host that is to start nothing`);
    if (builds >= desk.slots) throw new Breach('S5', `${task} starts as one more than ${desk.slots}`);
    if (!(Number.isInteger(jobs) && jobs >= 1 && jobs <= desk.cores)) {
      throw new Breach('S5', `${task} gets ${jobs} jobs of ${desk.cores} cores`);
    }
  };

  return {
    onStep: follow,
    onEffect: (place, effect) => {
      const move = moves[effect.kind];
      const desk = desks.get(place);
      if (move === undefined || desk === undefined || !('slot' in effect)) return;
      if (effect.kind === 'start') demandRoom(place, desk, effect);
      const use = desk.uses.get(effect.slot) ?? 'nothing';
      if (!move.from.includes(use)) {
        throw new Breach('S10', `${effect.kind} of slot ${effect.slot}, on which there is ${use}`);
      }
      desk.uses.set(effect.slot, move.to);
      if ('order' in effect) desk.orders.set(effect.slot, effect.order);
    },
  };
};

type Answer = Extract<
  Event,
  { readonly kind: 'slotPrepared' | 'slotNotPrepared' | 'slotCleaned' | 'slotNotCleaned' }
>;

const isAnswer = (event: Event): event is Answer => event.kind in afterAnswer;

const afterAnswer = {
  slotPrepared: 'ready',
  slotNotPrepared: 'nothing',
  slotCleaned: 'nothing',
  slotNotCleaned: 'dirty',
} as const;

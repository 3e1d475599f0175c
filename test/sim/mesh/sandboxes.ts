import type { Effect } from '../../../src/core/effect.ts';
import type { SlotName } from '../../../src/core/ids.ts';
import type { Event } from '../../../src/core/input.ts';
import type { Ground, Process, SlotPlace } from './ground.ts';
import { findTrouble, noteFor } from './ground.ts';
import { Breach } from './trace.ts';

type Of<Kind extends Effect['kind']> = Extract<Effect, { readonly kind: Kind }>;

export const placeOf = ({ slots }: Process, slot: SlotName): SlotPlace => slots.get(slot) ?? nothing;

const nothing: SlotPlace = { kind: 'nothing' };

/** Moves a slot on; a breach when it is not where the core must know it to be. */
export const moveSlot = (
  process: Process,
  slot: SlotName,
  from: readonly SlotPlace['kind'][],
  to: SlotPlace,
): void => {
  const { kind } = placeOf(process, slot);
  if (!from.includes(kind)) throw new Breach('shell', `slot ${slot} is ${kind} and is to be ${to.kind}`);
  process.slots.set(slot, to);
};

export const prepareSlot = (ground: Ground, process: Process, { slot, order }: Of<'prepare'>): void => {
  takeOrder(process, order);
  moveSlot(process, slot, ['nothing'], { kind: 'preparing', order });
  const { random } = process;
  const share = findTrouble(process.machine, 'badSandbox')?.prepareShare ?? 0;
  const fails = random.chance(share);
  answer(ground, process, random.between(20, 200), {
    place: { kind: fails ? 'nothing' : 'ready' },
    event: fails
      ? { kind: 'slotNotPrepared', slot, order, reason: 'simulated' }
      : { kind: 'slotPrepared', slot, order },
  });
};

export const cleanSlot = (ground: Ground, process: Process, { slot, order }: Of<'clean'>): void => {
  takeOrder(process, order);
  moveSlot(process, slot, ['ready', 'dirty'], { kind: 'cleaning', order });
  const { random } = process;
  const share = findTrouble(process.machine, 'badSandbox')?.cleanShare ?? 0;
  const fails = random.chance(share);
  answer(ground, process, random.between(30, 300), {
    place: { kind: fails ? 'dirty' : 'nothing' },
    event: fails
      ? { kind: 'slotNotCleaned', slot, order, reason: 'simulated' }
      : { kind: 'slotCleaned', slot, order },
  });
};

export const retireSlot = (process: Process, { slot, replacement }: Of<'retire'>): void => {
  moveSlot(process, slot, ['dirty', 'preparing', 'cleaning'], { kind: 'lost' });
  if (process.slots.has(replacement)) throw new Breach('shell', `${replacement} has been used before`);
};

export const sweepSlots = (ground: Ground, process: Process): void => {
  if (process.isSweeping) throw new Breach('shell', 'a sweep is asked for while one goes on');
  process.isSweeping = true;
  noteFor(ground, process, process.random.between(30, 100), () => {
    process.isSweeping = false;
    const clean: SlotName[] = [];
    for (const [slot, { kind }] of process.slots) if (kind === 'lost') clean.push(slot);
    for (const slot of clean) process.slots.delete(slot);
    process.station.step({ kind: 'swept', clean });
  });
};

/** Numbers of commands only grow. */
const takeOrder = (process: Process, order: number): void => {
  if (order <= process.lastOrder) {
    throw new Breach('shell', `command ${order} is given after ${process.lastOrder}`);
  }
  process.lastOrder = order;
};

interface Answer {
  /** Where the slot is then, if nobody has given it up meanwhile. */
  readonly place: SlotPlace;
  readonly event: Extract<Event, { readonly slot: SlotName; readonly order: number }>;
}

const answer = (ground: Ground, process: Process, afterMs: number, { place, event }: Answer): void =>
  noteFor(ground, process, afterMs, () => {
    const now = placeOf(process, event.slot);
    const isAwaited = (now.kind === 'preparing' || now.kind === 'cleaning') && now.order === event.order;
    if (isAwaited) process.slots.set(event.slot, place);
    process.station.step(event);
  });

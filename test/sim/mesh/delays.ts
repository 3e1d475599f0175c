import { viewMesh } from '../../../src/core/meshView.ts';
import type { Message } from '../../../src/core/message.ts';
import type { Observer, Place, WorldView } from './trace.ts';

/** How long people would have had to wait, milliseconds, each time that they had to. */
export interface Delays {
  /** From a leader's death until another one grants; its connections were closed, or nobody was told. */
  readonly killed: readonly number[];
  readonly silent: readonly number[];
  /** From the start of an agent until its first build starts. */
  readonly joins: readonly number[];
  /** From the death of a host until what it ran is given to another one. */
  readonly offers: readonly number[];
}

export const noDelays: Delays = { killed: [], silent: [], joins: [], offers: [] };

export const joinDelays = (a: Delays, b: Delays): Delays => ({
  killed: [...a.killed, ...b.killed],
  silent: [...a.silent, ...b.silent],
  joins: [...a.joins, ...b.joins],
  offers: [...a.offers, ...b.offers],
});

/** Takes the time of what is waited for. */
export const measureDelays = (): { readonly observer: Observer; readonly read: () => Delays } => {
  const delays = {
    killed: [] as number[],
    silent: [] as number[],
    joins: [] as number[],
    offers: [] as number[],
  };
  let world: WorldView | undefined;
  let vacancy: { readonly sinceMs: number; readonly kind: 'killed' | 'silent' } | undefined;
  const joining = new Map<Place, number>();
  /** Tasks that died with their host, and when. */
  const orphans = new Map<string, { readonly place: Place; readonly sinceMs: number }>();
  const now = (): number => world?.nowMs ?? 0;

  const leads = ({ state }: Place): boolean => {
    const view = state && viewMesh(state);
    return view?.role === 'leading' && view.isOpen;
  };

  const adopt = (place: Place, key: string): void => {
    const orphan = orphans.get(key);
    if (orphan === undefined || orphan.place === place) return;
    delays.offers.push(now() - orphan.sinceMs);
    orphans.delete(key);
  };

  const hear = (place: Place, message: Message): void => {
    if (message.kind !== 'grant' || orphans.size === 0) return;
    for (const { planId, task } of message.items) adopt(place, `${planId} ${task}`);
  };

  const observer: Observer = {
    onStart: (given) => {
      world = given;
    },
    onUp: (place) => {
      joining.set(place, now());
    },
    onStep: (place, event) => {
      if (event.kind === 'message') hear(place, event.message);
      if (vacancy === undefined || !leads(place)) return;
      delays[vacancy.kind].push(now() - vacancy.sinceMs);
      vacancy = undefined;
    },
    onEffect: (place, effect) => {
      if (effect.kind !== 'start') return;
      adopt(place, `${effect.planId} ${effect.task}`);
      const sinceMs = joining.get(place);
      if (sinceMs !== undefined) delays.joins.push(now() - sinceMs);
      joining.delete(place);
    },
    onDown: (place, how) => {
      if (leads(place) && how !== 'left') {
        vacancy = { sinceMs: now(), kind: how === 'crash' ? 'killed' : 'silent' };
      }
      joining.delete(place);
      for (const { planId, task } of place.builds.values()) {
        orphans.set(`${planId} ${task}`, { place, sinceMs: now() });
      }
    },
  };
  return { observer, read: () => delays };
};

/** The value that this share of a list is below; 0 for an empty one. */
export const findPercentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
};

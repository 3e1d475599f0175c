import type { SlotName } from '../../../src/core/ids.ts';
import type { Observer, Place } from './trace.ts';

/** What runs where, by `plan task`, also at the moment at which a process has died with it. */
export interface Running {
  readonly observer: Observer;
  readonly list: (place: Place) => readonly string[];
}

export const watchRuns = (): Running => {
  const places = new Map<Place, Map<SlotName, string>>();
  return {
    observer: {
      onUp: (place) => {
        places.set(place, new Map());
      },
      onStep: (place, event) => {
        if (event.kind === 'runEnded') places.get(place)?.delete(event.slot);
      },
      onEffect: (place, effect) => {
        if (effect.kind !== 'start') return;
        places.get(place)?.set(effect.slot, `${effect.planId} ${effect.task}`);
      },
    },
    list: (place) => [...(places.get(place)?.values() ?? [])],
  };
};

import type { Effect } from '../../../../src/core/effect.ts';
import type { PlanId, TaskName } from '../../../../src/core/ids.ts';
import type { Event } from '../../../../src/core/input.ts';
import type { Observer, Place } from '../trace.ts';

/** Which files each agent must believe to have, by what it was told: a disk may have lost some of them unnoticed. */
export interface Shelves {
  readonly observer: Observer;
  readonly has: (place: Place, planId: PlanId, task: TaskName) => boolean;
}

type Shelf = Map<PlanId, Set<TaskName>>;

export const createShelves = (): Shelves => {
  const shelves = new Map<Place, Shelf>();

  const filesOf = (place: Place, planId: PlanId): Set<TaskName> => {
    const shelf = shelves.get(place) ?? new Map<PlanId, Set<TaskName>>();
    shelves.set(place, shelf);
    const files = shelf.get(planId) ?? new Set();
    shelf.set(planId, files);
    return files;
  };

  const tell = (place: Place, event: Event): void => {
    switch (event.kind) {
      case 'planAdded':
        for (const task of event.files ?? []) filesOf(place, event.planId).add(task);
        break;
      case 'fileFetched':
        filesOf(place, event.planId).add(event.task);
        break;
      case 'fileGone':
        filesOf(place, event.planId).delete(event.task);
        break;
      default:
    }
  };

  const ask = (place: Place, effect: Effect): void => {
    switch (effect.kind) {
      case 'persist':
        for (const { planId, task, outcome } of effect.entries) {
          if (outcome.kind === 'built') filesOf(place, planId).add(task);
        }
        break;
      case 'dropFile':
        filesOf(place, effect.planId).delete(effect.task);
        break;
      default:
    }
  };

  return {
    observer: {
      onUp: (place) => {
        shelves.delete(place);
      },
      onStep: tell,
      onEffect: ask,
    },
    has: (place, planId, task) => shelves.get(place)?.get(planId)?.has(task) ?? false,
  };
};

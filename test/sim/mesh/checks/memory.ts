import type { PlanId } from '../../../../src/core/ids.ts';
import { listEntries } from '../../../../src/core/meshView.ts';
import type { Observer, Place, WorldView } from '../trace.ts';
import { Breach } from '../trace.ts';
import { listKnowable } from './dense.ts';

const sweepMs = 15_000;

/** S2. An agent that lives forgets no entry that it has known, and knows all that its own host has stored. */
export const checkMemory = (): Observer => {
  let world: WorldView | undefined;
  let nextMs = 0;
  /** How many entries each process knew when it was last asked. */
  const counts = new Map<Place, Map<PlanId, number>>();

  const look = (place: Place, planId: PlanId): void => {
    if (place.state === undefined) return;
    const count = listEntries(place.state, planId).length;
    const known = counts.get(place) ?? new Map<PlanId, number>();
    counts.set(place, known);
    const before = known.get(planId) ?? 0;
    if (count < before) {
      throw new Breach('S2', `${before - count} entries of ${planId} are forgotten`, place.name);
    }
    known.set(planId, count);
    const stored = listKnowable(place.entries(planId)).length;
    if (count > 0 && stored > count) {
      throw new Breach('S2', `${stored} entries of ${planId} are stored, ${count} known`, place.name);
    }
  };

  return {
    onStart: (given) => {
      world = given;
    },
    onUp: (place) => {
      counts.delete(place);
    },
    onStep: () => {
      if (world === undefined || world.nowMs < nextMs) return;
      nextMs = world.nowMs + sweepMs;
      for (const place of world.places) {
        if (!place.isUp || place.isForeign) continue;
        for (const planId of world.plans.keys()) look(place, planId);
      }
    },
  };
};

import type { Effect } from '../../../../src/core/effect.ts';
import type { Observer, Place, WorldView } from '../trace.ts';
import { Breach } from '../trace.ts';
import type { Ledger } from './ledger.ts';
import type { Shelves } from './shelves.ts';

type Start = Extract<Effect, { readonly kind: 'start' }>;

/**
 * S4. A task starts only when everything that it needs has been built and, where files count, lies on the host that it
 * starts on, as far as that one has been told; and only on a host of its plan's platform.
 */
export const checkNeeds = (ledger: Ledger, shelves: Shelves): Observer => {
  let world: WorldView | undefined;

  const demandBuilt = (start: Start): void => {
    const { planId, task } = start;
    if (ledger.findTask(planId, task) === undefined) {
      throw new Breach('S4', `${task} is started, which is no task of ${planId}`);
    }
    for (const need of ledger.findTask(planId, task)?.needs ?? []) {
      if (ledger.digestsOf(planId, need) === undefined) {
        throw new Breach('S4', `${task} starts before ${need} has been built`);
      }
    }
  };

  const demandFiles = (place: Place, { planId, task }: Start): void => {
    const plan = world?.plans.get(planId);
    if (plan?.files !== true || world?.scenario.sharedFiles === true) return;
    for (const need of ledger.closureOf(planId, task)) {
      if (!shelves.has(place, planId, need))
        throw new Breach('S4', `${task} starts where the file of ${need} is not`);
    }
  };

  return {
    onStart: (given) => {
      world = given;
    },
    onEffect: (place, effect) => {
      if (effect.kind !== 'start') return;
      const platform = world?.plans.get(effect.planId)?.platform;
      if (platform !== undefined && platform !== place.spec.platform) {
        throw new Breach('S4', `${effect.task} of ${platform} starts on ${place.spec.platform}`);
      }
      demandBuilt(effect);
      demandFiles(place, effect);
    },
  };
};

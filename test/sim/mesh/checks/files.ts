import type { Effect } from '../../../../src/core/effect.ts';
import type { PlanId, TaskName } from '../../../../src/core/ids.ts';
import type { Event } from '../../../../src/core/input.ts';
import type { Fault } from '../scenario.ts';
import type { Observer, Place, WorldView } from '../trace.ts';
import { Breach } from '../trace.ts';
import type { Ledger } from './ledger.ts';

/** An agent may not yet have heard of a copy that was lost so lately. */
const newsMs = 60_000;

/**
 * S8. A host takes no file for a task's but one that some host has built it with. S9. No host deletes the last copy of a
 * file, as far as it could know: that another one has lost its copy just now by accident is nobody's fault.
 */
export const checkFiles = (ledger: Ledger): Observer => {
  let world: WorldView | undefined;
  /** When copies were last lost by accident, on whichever host. */
  let accidentMs = Number.NEGATIVE_INFINITY;

  const demandSound = (place: Place, { planId, task }: { planId: PlanId; task: TaskName }): void => {
    const digest = place.files(planId).get(task)?.digest;
    if (digest === undefined || ledger.digestsOf(planId, task)?.has(digest) === true) return;
    throw new Breach('S8', `the file of ${task} is ${digest}, which nobody has built`);
  };

  const demandCopy = (place: Place, effect: Extract<Effect, { readonly kind: 'dropFile' }>): void => {
    if (world === undefined || world.nowMs < accidentMs + newsMs || world.scenario.sharedFiles) return;
    const hasCopy = (other: Place): boolean =>
      other !== place && !other.isGone && other.files(effect.planId).has(effect.task);
    if (world.places.some(hasCopy)) return;
    throw new Breach('S9', `the last copy of ${effect.task} of ${effect.planId} is deleted`);
  };

  return {
    onStart: (given) => {
      world = given;
    },
    onStep: (place, event: Event) => {
      if (event.kind === 'fileFetched') demandSound(place, event);
    },
    onEffect: (place, effect) => {
      if (effect.kind === 'dropFile') demandCopy(place, effect);
    },
    onFault: (fault, edge) => {
      if (destroysFiles(fault) || edge === 'ends') accidentMs = world?.nowMs ?? 0;
    },
  };
};

const destroysFiles = ({ kind }: Fault): boolean =>
  kind === 'wipe' || kind === 'die' || kind === 'badFiles' || kind === 'powerLoss' || kind === 'leave';

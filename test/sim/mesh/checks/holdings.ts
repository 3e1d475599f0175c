import { viewHeld } from '../../../../src/core/meshView.ts';
import type { HeldItem } from '../../../../src/core/message.ts';
import type { Observer, Place, WorldView } from '../trace.ts';
import { Breach } from '../trace.ts';
import { changesHoldings } from './authority.ts';

/**
 * S5. What an agent has in its queue, on its way to others and in its slots are different tasks. S11. Its queue, and what it
 * sends at once, stay small whatever happens.
 */
export const checkHoldings = (): Observer => {
  let world: WorldView | undefined;

  const demandDisjoint = ({ state, spec }: Place): void => {
    if (state === undefined) return;
    const { runs, queue, transfers } = viewHeld(state);
    const seen = new Map<string, string>();
    const demandOnce = (where: string) => (item: HeldItem) => {
      const key = `${item.planId} ${item.task}`;
      const before = seen.get(key);
      if (before !== undefined) throw new Breach('S5', `${item.task} is held twice: ${before}, ${where}`);
      seen.set(key, where);
    };
    runs.forEach(demandOnce('running'));
    queue.forEach(demandOnce('queued'));
    transfers.forEach(demandOnce('given away'));
    const most = 2 * spec.slots + queueMargin;
    if (queue.length > most) throw new Breach('S11', `${queue.length} tasks queue where ${most} are many`);
  };

  return {
    onStart: (given) => {
      world = given;
    },
    onStep: (place, event, effects) => {
      if (changesHoldings(event, effects)) demandDisjoint(place);
    },
    onEffect: (_, effect) => {
      if (effect.kind !== 'send' || effect.message.kind !== 'entries' || world === undefined) return;
      const { entriesMax } = world.limits.mesh;
      const { length } = effect.message.entries;
      if (length > entriesMax) throw new Breach('S11', `${length} entries in one message`);
    },
  };
};

/** What a queue may hold beyond what its slots can use: grants of a past coordinator, gifts, takings back. */
const queueMargin = 8;

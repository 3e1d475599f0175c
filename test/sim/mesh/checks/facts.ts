import { isDeepStrictEqual } from 'node:util';
import type { Entry } from '../../../../src/core/facts/fact.ts';
import { isSameLife, lifeKey } from '../../../../src/core/ids.ts';
import type { Observer } from '../trace.ts';
import { Breach } from '../trace.ts';
import type { Ledger } from './ledger.ts';

/**
 * S1. Each life numbers its own entries in each plan densely from 1; one number of one life means the same entry
 * everywhere; and nobody hears of an entry before it is durable where it was made.
 */
export const checkFacts = (ledger: Ledger): Observer => {
  /** Entries that are the one of the books, by object. */
  const same = new WeakSet<Entry>();

  const demandKnown = (entry: Entry, how: string): void => {
    if (same.has(entry)) return;
    const { planId, task, origin, seq } = entry;
    const known = ledger.entriesOf(planId, origin)[seq - 1];
    const name = `entry ${seq} of ${lifeKey(origin)} in ${planId}, ${task}`;
    if (known === undefined) throw new Breach('S1', `${name}, is ${how} before it is durable at its origin`);
    if (known !== entry && !isDeepStrictEqual(known, entry)) {
      throw new Breach('S1', `${name}, is ${how} with another content than at its origin`);
    }
    same.add(entry);
  };

  return {
    onStep: (_, event) => {
      if (event.kind !== 'message' || event.message.kind !== 'entries') return;
      const { entries, from } = event.message;
      entries.forEach((entry, index) => {
        if (entry.seq !== from + index) throw new Breach('S1', `entries from ${from} on are not dense`);
        demandKnown(entry, 'told');
      });
    },
    onEffect: (place, effect) => {
      switch (effect.kind) {
        case 'persist':
          for (const [index, { planId, origin, seq }] of effect.entries.entries()) {
            if (place.life === undefined || !isSameLife(place.life, origin)) {
              throw new Breach('S1', `an entry of ${lifeKey(origin)} is stored as an own one`);
            }
            // Those of one effect are of one plan, one after the other.
            const count = ledger.entriesOf(planId, origin).length + index;
            if (seq < 1 || seq > count + 1) {
              throw new Breach('S1', `entry ${seq} of ${lifeKey(origin)} in ${planId} follows ${count}`);
            }
          }
          break;
        case 'keep':
          for (const entry of effect.entries) demandKnown(entry, 'kept');
          break;
        case 'announce':
          for (const fact of effect.facts) demandKnown(fact, 'announced');
          break;
      }
    },
  };
};

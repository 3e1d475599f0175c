import type { Note } from '../../src/core/effect.ts';
import type { Fact } from '../../src/core/facts/fact.ts';
import type { HostId } from '../../src/core/ids.ts';

/** What this host has done since its agent was started, counted. */
export interface Tally {
  /** Packages that ended here: `built`, or the class of the failure. */
  readonly ends: ReadonlyMap<string, number>;
  /** Attempts that this host's trouble ended, and trouble with slots (`slot`), by kind. */
  readonly troubles: ReadonlyMap<string, number>;
  /** To be called with each fact that becomes known. */
  hearFact(fact: Fact): void;
  /** To be called with each note of the core. */
  hearNote(note: Note): void;
}

export const createTally = (self: HostId): Tally => {
  const ends = new Map<string, number>();
  const troubles = new Map<string, number>();
  const add = (counts: Map<string, number>, name: string): void => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  return {
    ends,
    troubles,
    hearFact: ({ origin, outcome }) => {
      if (origin.host === self) add(ends, outcome.kind === 'built' ? 'built' : outcome.class);
    },
    hearNote: (note) => {
      if (note.kind === 'attemptTroubled') add(troubles, note.trouble);
      if (note.kind === 'slotTrouble') add(troubles, 'slot');
    },
  };
};

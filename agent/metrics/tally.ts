import type { Note } from '../../src/core/effect.ts';
import type { Outcome } from '../../src/core/facts/fact.ts';

/** What this host has done since its agent was started, counted. */
export interface Tally {
  /** Packages that ended here: `built`, or the class of the failure. */
  readonly ends: ReadonlyMap<string, number>;
  /** Attempts that this host's trouble ended, and trouble with slots (`slot`), by kind. */
  readonly troubles: ReadonlyMap<string, number>;
  /** To be called with what ended on this host. */
  hearEnd(outcome: Outcome): void;
  /** To be called with each note of the core. */
  hearNote(note: Note): void;
}

export const createTally = (): Tally => {
  const ends = new Map<string, number>();
  const troubles = new Map<string, number>();
  const add = (counts: Map<string, number>, name: string): void => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  return {
    ends,
    troubles,
    hearEnd: (outcome) => add(ends, outcome.kind === 'built' ? 'built' : outcome.class),
    hearNote: (note) => {
      if (note.kind === 'attemptTroubled') add(troubles, note.trouble);
      if (note.kind === 'slotTrouble') add(troubles, 'slot');
    },
  };
};

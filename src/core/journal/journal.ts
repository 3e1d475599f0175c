import { assert } from '../assert.ts';
import type { Entry } from '../facts/fact.ts';
import type { Life } from '../ids.ts';
import { lifeKey } from '../ids.ts';

/** What one life has told of one plan: dense, `entries[0]` has the number 1. */
export interface OriginLog {
  readonly origin: Life;
  readonly entries: Entry[];
}

/** All that is known of one plan, by `lifeKey`. It only grows. */
export type Journal = Map<string, OriginLog>;

export const createJournal = (): Journal => new Map();

export const countEntries = (journal: Journal, origin: Life): number =>
  journal.get(lifeKey(origin))?.entries.length ?? 0;

/** Adds the next entry of its origin. */
export const append = (journal: Journal, entry: Entry): void => {
  const key = lifeKey(entry.origin);
  const log = journal.get(key) ?? { origin: entry.origin, entries: [] };
  assert(
    entry.seq === log.entries.length + 1,
    `entry ${entry.seq} of ${key} comes after ${log.entries.length}`,
  );
  journal.set(key, log);
  log.entries.push(entry);
};

/** The entries of one origin, in their order, up to the first gap: what lies behind it was lost, and comes again. */
export const takeDense = (entries: Iterable<Entry>): readonly Entry[] => {
  const next = new Map<string, number>();
  const sorted = [...entries].toSorted((a, b) => a.seq - b.seq);
  return sorted.filter(({ origin, seq }) => {
    const key = lifeKey(origin);
    if (seq !== (next.get(key) ?? 1)) return false;
    next.set(key, seq + 1);
    return true;
  });
};

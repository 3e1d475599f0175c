import type { Entry } from '../../../../src/core/facts/fact.ts';
import { lifeKey } from '../../../../src/core/ids.ts';

const keyOf = ({ origin, seq }: Entry): string => `${lifeKey(origin)} ${seq}`;

/**
 * The names of the entries that an agent can know: what follows on a number that a bad disk has lost, and that no other host
 * has, can be known to nobody any more.
 */
export const listKnowable = (entries: readonly Entry[]): readonly string[] => {
  const there = new Set(entries.map(keyOf));
  const last = new Map<string, number>();
  const countTo = (entry: Entry): number => {
    const life = lifeKey(entry.origin);
    let count = last.get(life) ?? 0;
    while (there.has(`${life} ${count + 1}`)) count += 1;
    last.set(life, count);
    return count;
  };
  const knowable = entries.filter((entry) => entry.seq <= countTo(entry));
  return [...new Set(knowable.map(keyOf))];
};

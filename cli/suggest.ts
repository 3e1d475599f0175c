import { editDistance } from '../src/config/suggestion.ts';

/** The name nearest to what was typed, if any is near enough to be what was meant. */
export function suggestName(typed: string, names: Iterable<string>): string | undefined {
  return suggestNames(typed, names, 1)[0];
}

/**
 * At most `count` names that may be meant: those that contain what was typed, then those a few slips away.
 */
export function suggestNames(typed: string, names: Iterable<string>, count: number): readonly string[] {
  const wanted = typed.toLowerCase();
  const slipsMax = Math.max(1, Math.floor(wanted.length / 3));
  const scored: { readonly name: string; readonly score: number }[] = [];
  for (const name of names) {
    const lower = name.toLowerCase();
    if (wanted !== '' && lower.startsWith(wanted)) scored.push({ name, score: 0 });
    else if (wanted.length > 2 && lower.includes(wanted)) scored.push({ name, score: 0.5 });
    else {
      const isNearLength = Math.abs(lower.length - wanted.length) <= slipsMax;
      const slips = isNearLength ? editDistance(wanted, lower) : Number.POSITIVE_INFINITY;
      if (slips <= slipsMax) scored.push({ name, score: slips });
    }
  }
  scored.sort((a, b) => a.score - b.score || (a.name < b.name ? -1 : 1));
  return scored.slice(0, count).map(({ name }) => name);
}

/** The known word that `word` was most likely meant to be; undefined when none is near. */
export const suggestWord = (word: string, known: readonly string[]): string | undefined => {
  const normal = normalise(word);
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(normal, normalise(candidate)) }))
    .toSorted((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best === undefined) return undefined;
  return best.distance <= Math.max(1, Math.floor(normal.length / 3)) ? best.candidate : undefined;
};

/** `buildUser`, `build-user` and `BUILD_USER` are the same wish. */
const normalise = (word: string): string =>
  word
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();

/**
 * Levenshtein's distance with swaps of neighbours (optimal string alignment): insert, delete, replace, swap
 * cost 1.
 */
export const editDistance = (a: string, b: string): number => {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      const costs = [cell(row, j) + 1, cell(next, j - 1) + 1, cell(row, j - 1) + (same ? 0 : 1)];
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (i > 1 && j > 1 && swapped) costs.push(cell(before, j - 2) + 1);
      next.push(Math.min(...costs));
    }
    before = row;
    row = next;
  }
  return cell(row, b.length);
};

const cell = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;

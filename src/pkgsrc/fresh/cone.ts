import type { Resolution } from '../package.ts';

/** The packages at `roots`, with everything that needs them, directly or not, as indexes. */
export function findCone(resolution: Resolution, roots: readonly number[]): ReadonlySet<number> {
  const dependents = resolution.packages.map((): number[] => []);
  for (const [index, { depends }] of resolution.packages.entries()) {
    for (const need of depends) dependents[need]?.push(index);
  }
  return reach(roots, (index) => dependents[index] ?? []);
}

/**
 * The resolution with `wanted` and everything that these need, and nothing else, in the same order. What a package needs that is
 * not built anyway is not kept for its sake, but for what is.
 */
export function keepNeeded(resolution: Resolution, wanted: Iterable<number>): Resolution {
  const { packages } = resolution;
  const kept = reach([...wanted], (index) => packages[index]?.depends ?? []);
  const place = new Map([...kept].sort((a, b) => a - b).map((index, at) => [index, at]));
  return {
    packages: [...place.keys()].flatMap((index) => {
      const found = packages[index];
      if (found === undefined) return [];
      return [{ ...found, depends: found.depends.flatMap((need) => place.get(need) ?? []) }];
    }),
  };
}

function reach(roots: readonly number[], next: (index: number) => readonly number[]): ReadonlySet<number> {
  const found = new Set(roots);
  // It grows while it is walked through.
  for (const index of found) for (const one of next(index)) found.add(one);
  return found;
}

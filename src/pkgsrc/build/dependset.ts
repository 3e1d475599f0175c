import { hash } from 'node:crypto';
import type { Command } from '../../sandbox/driver.ts';
import type { PkgName } from '../package.ts';

/** How the direct dependencies of a package are installed, and how much of that it shares with others of the plan. */
export interface DependSet {
  /** All of them, those first that most packages of the plan want: so that what is shared comes first. */
  readonly order: readonly PkgName[];
  /** For each, how many packages of the plan, this one included, begin with the same ones up to it. */
  readonly shared: readonly number[];
  /**
   * What the installation of each reads: its own file, and those of what it needs at run time, and so on. Undefined when one
   * of them is not in the repository, or cannot be read.
   */
  files(): Promise<readonly InstalledFiles[] | undefined>;
}

/** Content ids of package files by PKGNAME, sorted by that. */
export type InstalledFiles = ReadonlyMap<PkgName, string>;

/** So many layers at most come of one package: each one costs a look at everything that was installed. */
const cutsMax = 2;

/**
 * After how many dependencies a layer is to end, when the first `from` are there: where the way of many packages parts from
 * that of this one, and last at the end of what it shares with any. Ascending; at most two.
 */
export function chooseCuts(shared: readonly number[], from: number): readonly number[] {
  const cuts = shared.flatMap((count, index) => {
    const next = shared[index + 1] ?? 0;
    return index >= from && count > 1 && next < count ? [{ end: index + 1, parting: count - next }] : [];
  });
  const last = cuts.at(-1);
  if (last === undefined) return [];
  const others = cuts.slice(0, -1).toSorted((a, b) => b.parting - a.parting);
  return [...others.slice(0, cutsMax - 1), last].map(({ end }) => end).toSorted((a, b) => a - b);
}

/**
 * Keys of what is installed after one, two ... of the dependencies: equal when the same program, called in the same way,
 * installs the same files in the same order.
 */
export function makeKeys(
  { order }: DependSet,
  files: readonly InstalledFiles[],
  { argv, env }: Pick<Command, 'argv' | 'env'>,
): readonly string[] {
  const words = Object.entries(env).toSorted(([a], [b]) => (a < b ? -1 : 1));
  let key = hash('sha256', JSON.stringify([argv, words]));
  return order.map((name, index) => {
    key = hash('sha256', JSON.stringify([key, name, [...(files[index] ?? [])]]));
    return key;
  });
}

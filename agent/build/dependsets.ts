import type { DependSet, InstalledFiles } from '../../src/pkgsrc/build/dependset.ts';
import type { PkgName } from '../../src/pkgsrc/package.ts';
import { InstallFiles } from '../../src/pkgsrc/repository/closure.ts';
import type { RepositoryPlace } from '../../src/pkgsrc/repository/place.ts';

/** What a plan builds, as far as installing dependencies goes. */
export interface PlannedDepends {
  /** Names of the packages that are to be built. */
  readonly packages: readonly PkgName[];
  /** Direct dependencies of a package, by full name. */
  dependsOf(pkgname: PkgName): readonly PkgName[];
}

/** Tells for a package of the plan how its dependencies are installed. */
export type DependSets = (pkgname: PkgName) => DependSet;

/** Looks once at all packages of the plan: what they want, and how far their lists agree. */
export const makeDependSets = (plan: PlannedDepends, place: RepositoryPlace): DependSets => {
  const wanted = countWanted(plan);
  const files = new InstallFiles(place, plan.dependsOf);
  const orderOf = (pkgname: PkgName): readonly PkgName[] => sortByWanted(plan.dependsOf(pkgname), wanted);
  const ways = new Ways();
  for (const pkgname of plan.packages) ways.count(orderOf(pkgname));
  return (pkgname) => {
    const order = orderOf(pkgname);
    return { order, shared: ways.read(order), files: () => listFiles(files, order) };
  };
};

const countWanted = ({ packages, dependsOf }: PlannedDepends): ReadonlyMap<PkgName, number> => {
  const wanted = new Map<PkgName, number>();
  for (const pkgname of packages) {
    for (const name of dependsOf(pkgname)) wanted.set(name, (wanted.get(name) ?? 0) + 1);
  }
  return wanted;
};

const sortByWanted = (names: readonly PkgName[], wanted: ReadonlyMap<PkgName, number>): readonly PkgName[] =>
  names.toSorted((a, b) => (wanted.get(b) ?? 0) - (wanted.get(a) ?? 0) || (a < b ? -1 : Number(a > b)));

/**
 * Counts lists that begin alike: a tree of places, whose first is 0. In numbers, since a whole tree has hundreds of thousands
 * of places.
 */
class Ways {
  readonly #numbers = new Map<PkgName, number>();
  /** The next place, by place and name. */
  readonly #next = new Map<number, number>();
  readonly #counts: number[] = [0];

  count(order: readonly PkgName[]): void {
    let at = 0;
    for (const name of order) {
      const number = this.#numbers.get(name) ?? this.#numbers.size;
      this.#numbers.set(name, number);
      const step = at * numbersMax + number;
      at = this.#next.get(step) ?? this.#counts.push(0) - 1;
      this.#next.set(step, at);
      this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    }
  }

  /** For each of a list, how many lists begin with the same up to it. */
  read(order: readonly PkgName[]): readonly number[] {
    let at: number | undefined = 0;
    return order.map((name) => {
      const number = this.#numbers.get(name);
      at = at === undefined || number === undefined ? undefined : this.#next.get(at * numbersMax + number);
      return at === undefined ? 0 : (this.#counts[at] ?? 0);
    });
  }
}

/** More packages than any tree has. */
const numbersMax = 2 ** 20;

const listFiles = async (
  files: InstallFiles,
  order: readonly PkgName[],
): Promise<readonly InstalledFiles[] | undefined> => {
  const lists: InstalledFiles[] = [];
  for (const name of order) {
    const list = await files.list(name);
    if (list === undefined) return undefined;
    lists.push(list);
  }
  return lists;
};

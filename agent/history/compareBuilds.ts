import { identityKey } from '../../src/pkgsrc/identity.ts';
import type { PackageOutcomeRow } from '../../src/store/outcomes.ts';

/** How a package differs between two builds; `before` and `after` are undefined where it was not there. */
export interface Difference {
  readonly kind: 'broken' | 'fixed' | 'changed' | 'added' | 'removed';
  readonly before: PackageOutcomeRow | undefined;
  readonly after: PackageOutcomeRow | undefined;
}

/**
 * What became of packages from one build to a later one, by PKGPATH and PKGBASE, so that a new version is the same
 * package. `broken`: it failed, or cannot be built, and could be before; `fixed`: the reverse; `changed`: it fails in
 * another way, or it is built in another version. Packages that the later build never came to are left out.
 */
export function compareBuilds(
  before: readonly PackageOutcomeRow[],
  after: readonly PackageOutcomeRow[],
): readonly Difference[] {
  const old = indexRows(before);
  const now = indexRows(after);
  const differences: Difference[] = [];
  for (const [key, row] of now) {
    const difference = compareRows(old.get(key), row);
    if (difference !== undefined) differences.push(difference);
  }
  for (const [key, row] of old) {
    if (!now.has(key)) differences.push({ kind: 'removed', before: row, after: undefined });
  }
  return differences;
}

const compareRows = (
  before: PackageOutcomeRow | undefined,
  after: PackageOutcomeRow,
): Difference | undefined => {
  if (after.status === 'open' || before?.status === 'open') return undefined;
  const isGood = isWell(after);
  // A new package that fails is a new failure to whoever looks at the list.
  if (before === undefined) return { kind: isGood ? 'added' : 'broken', before, after };
  if (isGood !== isWell(before)) return { kind: isGood ? 'fixed' : 'broken', before, after };
  const isSame = isGood
    ? before.pkgname === after.pkgname
    : before.status === after.status && before.stage === after.stage;
  return isSame ? undefined : { kind: 'changed', before, after };
};

const isWell = ({ status }: PackageOutcomeRow): boolean => status === 'built' || status === 'kept';

/** Two versions of one package in a build are told apart by their place among each other. */
const indexRows = (rows: readonly PackageOutcomeRow[]): ReadonlyMap<string, PackageOutcomeRow> => {
  const index = new Map<string, PackageOutcomeRow>();
  for (const row of rows) {
    let key = identityKey(row.pkgpath, row.pkgbase);
    while (index.has(key)) key += '+';
    index.set(key, row);
  }
  return index;
};

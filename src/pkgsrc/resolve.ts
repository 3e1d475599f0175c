import { keepFirst } from './duplicates.ts';
import { targetsOf } from './edges.ts';
import type { PackageState, PkgPath, Resolution, ResolvedPackage, ScanRecord } from './package.ts';
import { resolveTable } from './resolution.ts';
import { type Blame, type ResolvedTable, tableRecords } from './resolvetable.ts';

/**
 * Resolves the dependencies of all records against all records, as `resolveTable` says. Records with a PKGNAME that was
 * seen before are left out.
 */
export function resolveRecords(input: readonly ScanRecord[]): Resolution {
  const { records } = keepFirst(input);
  return joinResolved(records, resolveTable(tableRecords(records)));
}

/** Puts together what `resolveTable` gave for the table of these records. */
export function joinResolved(records: readonly ScanRecord[], resolved: ResolvedTable): Resolution {
  const indirect = new IndirectStates(records);
  const packages = records.map((record, index): ResolvedPackage => {
    const blame = resolved.indirect.get(index);
    const shared = blame === undefined ? BUILDABLE : indirect.of(blame);
    return {
      record,
      depends: targetsOf(resolved.depends, index),
      state: ownState(record, resolved.reasons.get(index)) ?? shared,
    };
  });
  return { packages };
}

/**
 * Keeps the packages of the requested PKGPATHs and all that they depend on, in their order. What only a masked
 * package would need is not kept: nothing would ever use it.
 */
export function limitResolution(resolution: Resolution, requested: Iterable<PkgPath>): Resolution {
  const paths = new Set(requested);
  const kept = new Set<number>();
  resolution.packages.forEach(({ record }, index) => {
    if (paths.has(record.pkgpath)) kept.add(index);
  });
  // A set that grows while it is walked is walked to its end.
  for (const index of kept) {
    const pkg = resolution.packages[index];
    if (pkg === undefined || isMasked(pkg)) continue;
    for (const depend of pkg.depends) kept.add(depend);
  }
  const indexes = [...kept].sort((left, right) => left - right);
  const newIndex = new Map(indexes.map((index, place) => [index, place]));
  const packages = indexes.flatMap((index): ResolvedPackage[] => {
    const pkg = resolution.packages[index];
    if (pkg === undefined) return [];
    return [
      { ...pkg, depends: isMasked(pkg) ? [] : pkg.depends.flatMap((depend) => newIndex.get(depend) ?? []) },
    ];
  });
  return { packages };
}

const isMasked = (pkg: ResolvedPackage): boolean => pkg.state.kind === 'masked';

const BUILDABLE: PackageState = { kind: 'buildable' };

function ownState(
  { skipReason, failReason }: ScanRecord,
  reason: string | undefined,
): PackageState | undefined {
  if (skipReason !== '') return { kind: 'masked', by: 'skip', reason: skipReason };
  if (failReason !== '') return { kind: 'masked', by: 'fail', reason: failReason };
  return reason === undefined ? undefined : { kind: 'unresolved', reason };
}

/** Packages above the same trouble share one state, as tens of thousands may. */
class IndirectStates {
  readonly #records: readonly ScanRecord[];
  readonly #byBlame = new Map<Blame, PackageState>();

  constructor(records: readonly ScanRecord[]) {
    this.#records = records;
  }

  of(blame: Blame): PackageState {
    const known = this.#byBlame.get(blame);
    if (known !== undefined) return known;
    const culprits = blame.culprits.flatMap((index) => this.#records[index]?.pkgname ?? []);
    const made: PackageState = { kind: 'indirect', of: blame.of, culprits };
    this.#byBlame.set(blame, made);
    return made;
  }
}

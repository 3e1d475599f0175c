import type { PackageState, PkgName } from './package.ts';

/** A package that will not be built for a reason of its own. */
export type OwnTrouble = Extract<PackageState, { kind: 'masked' | 'unresolved' }>;

export interface PropagateInput {
  readonly names: readonly PkgName[];
  readonly depends: readonly (readonly number[])[];
  readonly own: readonly (OwnTrouble | undefined)[];
  /** Every package once, after all that it depends on but for what has trouble of its own. */
  readonly order: readonly number[];
}

const BUILDABLE: PackageState = { kind: 'buildable' };
const NOBODY: readonly number[] = [];

/**
 * The state of every package. Dependents of a package with trouble of its own are indirect, through any number of
 * packages. Where kinds of trouble meet, a fail reason weighs most, then unresolved, then a skip reason. A culprit's own
 * culprits are not passed on.
 */
export function propagateTrouble(input: PropagateInput): readonly PackageState[] {
  const culprits: (readonly number[])[] = input.names.map(() => NOBODY);
  for (const index of input.order) {
    if (input.own[index] !== undefined) continue;
    let found = NOBODY;
    for (const depend of input.depends[index] ?? []) {
      const more = input.own[depend] === undefined ? (culprits[depend] ?? NOBODY) : [depend];
      found = mergeSorted(found, more);
    }
    culprits[index] = found;
  }
  return input.names.map((_, index) => input.own[index] ?? indirectState(culprits[index] ?? NOBODY, input));
}

function indirectState(culprits: readonly number[], input: PropagateInput): PackageState {
  if (culprits.length === 0) return BUILDABLE;
  const of = weightiest(culprits.flatMap((index) => input.own[index] ?? []));
  const blamed = culprits.filter((index) => input.own[index]?.kind === of);
  return { kind: 'indirect', of, culprits: blamed.flatMap((index) => input.names[index] ?? []) };
}

function weightiest(troubles: readonly OwnTrouble[]): OwnTrouble['kind'] {
  if (troubles.some((trouble) => trouble.kind === 'masked' && trouble.by === 'fail')) return 'masked';
  return troubles.some((trouble) => trouble.kind === 'unresolved') ? 'unresolved' : 'masked';
}

/** Both lists ascend; the same list comes back where one holds the other, so that long ones are shared. */
function mergeSorted(left: readonly number[], right: readonly number[]): readonly number[] {
  if (right.length === 0 || left === right) return left;
  if (left.length === 0) return right;
  const merged = new Set(left);
  for (const index of right) merged.add(index);
  if (merged.size === left.length) return left;
  return [...merged].sort((a, b) => a - b);
}

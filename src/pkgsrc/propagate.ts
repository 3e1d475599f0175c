import { type Edges, targetsOf } from './edges.ts';
import { type Blame, MASKS } from './resolvetable.ts';

interface BlameInput {
  readonly depends: Edges;
  readonly masks: Uint8Array;
  /** Packages that are unresolved; none of them is masked. */
  readonly reasons: ReadonlyMap<number, string>;
  /** Every package once, after all that it depends on but for what has trouble of its own. */
  readonly order: Iterable<number>;
}

const NOBODY: readonly number[] = [];

/**
 * Whom to blame for each package that is fine itself and depends, through any number of packages, on one with trouble of
 * its own. Where kinds of trouble meet, a fail reason weighs most, then unresolved, then a skip reason. A culprit's own
 * culprits are not passed on.
 */
export function blameTrouble({ depends, masks, reasons, order }: BlameInput): ReadonlyMap<number, Blame> {
  const hasOwn = (index: number): boolean => masks[index] !== MASKS.none || reasons.has(index);
  const culprits = new Map<number, readonly number[]>();
  for (const index of order) {
    if (hasOwn(index)) continue;
    let found = NOBODY;
    for (const depend of targetsOf(depends, index)) {
      const more = hasOwn(depend) ? [depend] : culprits.get(depend);
      if (more !== undefined) found = mergeSorted(found, more);
    }
    if (found.length > 0) culprits.set(index, found);
  }
  const judged = new Map<readonly number[], Blame>();
  const blames = new Map<number, Blame>();
  for (const [index, list] of culprits) {
    const blame = judged.get(list) ?? judge(list, masks, reasons);
    judged.set(list, blame);
    blames.set(index, blame);
  }
  return blames;
}

function judge(culprits: readonly number[], masks: Uint8Array, reasons: ReadonlyMap<number, string>): Blame {
  const isUnresolved = (index: number): boolean => reasons.has(index);
  const hasFail = culprits.some((index) => masks[index] === MASKS.fail);
  const of = !hasFail && culprits.some(isUnresolved) ? 'unresolved' : 'masked';
  return { of, culprits: culprits.filter((index) => isUnresolved(index) === (of === 'unresolved')) };
}

/** Both lists ascend; the same list comes back where one holds the other, so that long ones are shared. */
function mergeSorted(left: readonly number[], right: readonly number[]): readonly number[] {
  if (right.length === 0 || left === right) return left;
  if (left.length === 0) return right;
  const merged = new Set(left);
  for (const index of right) merged.add(index);
  if (merged.size === left.length) return left;
  if (merged.size === right.length) return right;
  return [...merged].sort((a, b) => a - b);
}

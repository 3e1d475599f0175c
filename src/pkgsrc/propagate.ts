import type { Edges } from './edges.ts';
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
  const hasOwn = Uint8Array.from(masks, (mask) => (mask === MASKS.none ? 0 : 1));
  for (const index of reasons.keys()) hasOwn[index] = 1;
  const culprits: (readonly number[])[] = Array.from(masks, () => NOBODY);
  const { starts, targets } = depends;
  for (const index of order) {
    if (hasOwn[index] === 1) continue;
    let found = NOBODY;
    const end = starts[index + 1] ?? 0;
    for (let edge = starts[index] ?? 0; edge < end; edge += 1) {
      const depend = targets[edge] ?? 0;
      const more = hasOwn[depend] === 1 ? [depend] : (culprits[depend] ?? NOBODY);
      if (more !== NOBODY) found = mergeSorted(found, more);
    }
    culprits[index] = found;
  }
  const judged = new Map<readonly number[], Blame>();
  const blames = new Map<number, Blame>();
  for (const [index, list] of culprits.entries()) {
    if (list === NOBODY) continue;
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

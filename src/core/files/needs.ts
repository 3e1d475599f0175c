import { targetsOf } from '../graph/edges.ts';
import type { PlanState } from '../state.ts';
import { hasBit } from './bits.ts';
import type { Want } from './files.ts';

/** So many lists of what waits for files are kept: more than any queue is long. */
const wantsMax = 256;

/**
 * Calls `visit` once for each task that one of `roots` needs, directly or through others; in no order that means anything, but
 * always in the same one. A root is visited when another one needs it.
 */
export const visitNeeds = (
  { progress, files: { walk } }: Pick<PlanState, 'progress' | 'files'>,
  roots: Iterable<number>,
  visit: (task: number) => void,
): void => {
  const { needs, tasks } = progress.table;
  if (walk.stamps.length < tasks.length || walk.stamp >= 0xffff_ffff) {
    walk.stamps = new Uint32Array(tasks.length);
    walk.stamp = 0;
  }
  walk.stamp += 1;
  const { stamps, stamp } = walk;
  const open = [...roots];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const need of targetsOf(needs, next)) {
      if (stamps[need] === stamp) continue;
      stamps[need] = stamp;
      visit(need);
      open.push(need);
    }
  }
};

/** Which files of all that a task needs, transitively, are not on this host; ascending. */
export const listMissing = (plan: Pick<PlanState, 'progress' | 'files'>, task: number): readonly number[] => {
  const missing: number[] = [];
  visitNeeds(plan, [task], (need) => {
    if (!hasBit(plan.files.mine, need)) missing.push(need);
  });
  return missing.sort((a, b) => a - b);
};

/**
 * The same. What is asked again costs little: what
 * a task needs never changes, so only what came or went since is looked at.
 */
export const findWant = (plan: PlanState, task: number): Want => {
  const { mine, wants, gains, losses } = plan.files;
  const known = wants.get(task);
  if (known?.losses === losses && known.gains === gains) return known;
  if (known?.losses === losses) {
    const missing = known.missing.filter((need) => !hasBit(mine, need));
    const less: Want = { ...known, missing, gains };
    wants.set(task, less);
    return less;
  }
  const missing = listMissing(plan, task);
  if (wants.size >= wantsMax) wants.clear();
  const want: Want = { missing, gains, losses, comingAtMs: undefined };
  wants.set(task, want);
  return want;
};

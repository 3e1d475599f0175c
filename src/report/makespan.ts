import type { PkgName } from '../pkgsrc/package.ts';
import type { ReportInput } from './model.ts';
import type { Outcomes } from './outcomes.ts';

/** How long the build took beside how long it must take, from the times of its own runs. */
export interface Makespan {
  readonly makespanMs: number;
  /** Wall time of all runs together. */
  readonly workMs: number;
  /** The chain of dependencies that took longest, first package first. */
  readonly longestPath: readonly PkgName[];
  readonly longestPathMs: number;
  /** `max(longest path, work / slots)`: no order of the same runs on these slots ends sooner. */
  readonly lowerBoundMs: number;
  /** What the lower bound comes from: more slots help against `work` only. */
  readonly bound: 'path' | 'work';
  /** Lower bound / makespan, 0 to 1; 1 when nothing ran. */
  readonly efficiency: number;
}

/** Measures what ran since `measuredFromMs` against Graham's bounds, with the durations that the runs really had. */
export function measureMakespan(input: ReportInput, outcomes: Outcomes): Makespan {
  const makespanMs = Math.max(0, input.endedAtMs - input.measuredFromMs);
  const runsMs = outcomes.packages.map(({ fact }) =>
    fact === undefined || fact.startedAtMs < input.measuredFromMs ? 0 : fact.wallMs,
  );
  const workMs = runsMs.reduce((sum, ms) => sum + ms, 0);
  const path = findLongestPath(outcomes, runsMs);
  const perSlotMs = workMs / Math.max(1, input.slots);
  const lowerBoundMs = Math.max(path.ms, perSlotMs);
  return {
    makespanMs,
    workMs,
    longestPath: path.names,
    longestPathMs: path.ms,
    lowerBoundMs,
    bound: path.ms >= perSlotMs ? 'path' : 'work',
    efficiency: makespanMs === 0 ? 1 : Math.min(1, lowerBoundMs / makespanMs),
  };
}

function findLongestPath(
  outcomes: Outcomes,
  runsMs: readonly number[],
): { readonly names: readonly PkgName[]; readonly ms: number } {
  const { graph, packages } = outcomes;
  // Longest time from the start of a package to the end of what hangs on it: dependents come first.
  const tailMs = new Float64Array(graph.size);
  const follower = new Int32Array(graph.size).fill(-1);
  let first = -1;
  for (const index of graph.order) {
    const runMs = runsMs[index] ?? 0;
    if (runMs === 0) continue;
    const end = graph.start[index + 1] ?? 0;
    let bestMs = 0;
    for (let edge = graph.start[index] ?? 0; edge < end; edge++) {
      const dependent = graph.dependents[edge] ?? 0;
      if ((tailMs[dependent] ?? 0) <= bestMs) continue;
      bestMs = tailMs[dependent] ?? 0;
      follower[index] = dependent;
    }
    tailMs[index] = runMs + bestMs;
    if (first < 0 || (tailMs[index] ?? 0) > (tailMs[first] ?? 0)) first = index;
  }
  const names: PkgName[] = [];
  for (let at = first; at >= 0 && names.length < graph.size; at = follower[at] ?? -1) {
    const pkg = packages[at];
    if (pkg !== undefined) names.push(pkg.record.pkgname);
  }
  return { names, ms: first < 0 ? 0 : (tailMs[first] ?? 0) };
}

import type { PbulkStatus } from '../model.ts';
import { type Outcomes, type PackageOutcome, toPbulkStatus } from '../outcomes.ts';

/** A package of the graph. */
export interface BrokenNode {
  readonly pkg: PackageOutcome;
  readonly status: BrokenStatus;
}

export type BrokenStatus = Exclude<PbulkStatus, 'done' | 'open'>;

/** `to` needs `from`, directly; both are indexes into `nodes`. */
export interface BrokenEdge {
  readonly from: number;
  readonly to: number;
}

/** What is broken and what needs it. Not in it: broken packages that nothing needs and that need nothing broken. */
export interface BrokenGraph {
  readonly nodes: readonly BrokenNode[];
  readonly edges: readonly BrokenEdge[];
}

/** Cuts the graph of pbulk's report.dot out of a build, in the order of the resolution. */
export function cutBrokenGraph({ packages, graph }: Outcomes): BrokenGraph {
  const places = new Map<number, number>();
  const nodes: BrokenNode[] = [];
  const edges: BrokenEdge[] = [];
  const placeOf = (index: number): number | undefined => {
    const known = places.get(index);
    const pkg = packages[index];
    if (known !== undefined || pkg === undefined) return known;
    const status = toPbulkStatus(pkg.standing);
    // A package that was there before what it needs broke is no part of the damage.
    if (status === 'done' || status === 'open') return undefined;
    places.set(index, nodes.length);
    nodes.push({ pkg, status });
    return nodes.length - 1;
  };
  for (const { index, standing } of packages) {
    if (standing.kind === 'done' || standing.kind === 'open') continue;
    const end = graph.start[index + 1] ?? 0;
    for (let edge = graph.start[index] ?? 0; edge < end; edge++) {
      const to = placeOf(graph.dependents[edge] ?? 0);
      const from = to === undefined ? undefined : placeOf(index);
      if (from !== undefined && to !== undefined && from !== to) edges.push({ from, to });
    }
  }
  return { nodes, edges };
}

/** Edges of a graph whose nodes are numbers from 0, packed: those of `node` stand from `starts[node]` to `starts[node + 1]`. */
export interface Edges {
  readonly starts: Uint32Array<ArrayBuffer>;
  readonly targets: Uint32Array<ArrayBuffer>;
}

/** Targets of one node. */
export function targetsOf({ starts, targets }: Edges, node: number): number[] {
  const list: number[] = [];
  const end = starts[node + 1] ?? 0;
  for (let edge = starts[node] ?? 0; edge < end; edge += 1) list.push(targets[edge] ?? 0);
  return list;
}

/** Whether a node has an edge to itself. */
export function hasLoop({ starts, targets }: Edges, node: number): boolean {
  const end = starts[node + 1] ?? 0;
  for (let edge = starts[node] ?? 0; edge < end; edge += 1) if (targets[edge] === node) return true;
  return false;
}

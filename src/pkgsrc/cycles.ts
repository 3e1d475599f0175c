/** What one walk over a dependency graph finds. */
export interface GraphWalk {
  /** Every node once; outside cycles each stands after all that it depends on. */
  readonly order: readonly number[];
  /** For each node on a cycle a shortest cycle through it: starts with the node, does not repeat it. */
  readonly cycles: ReadonlyMap<number, readonly number[]>;
}

/**
 * Walks the graph in time linear in nodes and edges, plus a search within its group for each node on a cycle. Groups
 * are Tarjan's strongly connected components ("Depth-first search and linear graph algorithms", 1972), without
 * recursion: dependency chains of a tree are longer than a call stack may be deep.
 */
export function walkGraph(edges: readonly (readonly number[])[]): GraphWalk {
  const order: number[] = [];
  const cycles = new Map<number, readonly number[]>();
  for (const group of stronglyConnected(edges)) {
    order.push(...group);
    const first = group[0];
    if (first === undefined) continue;
    if (group.length === 1 && !edges[first]?.includes(first)) continue;
    const members = new Set(group);
    for (const node of group) cycles.set(node, shortestCycle(edges, members, node));
  }
  return { order, cycles };
}

/** Groups in an order in which each comes after those that it depends on. */
function* stronglyConnected(edges: readonly (readonly number[])[]): Generator<readonly number[]> {
  const count = edges.length;
  // 0: not seen. Otherwise the order of first sight, from 1.
  const seen = new Int32Array(count);
  const low = new Int32Array(count);
  const nextEdge = new Int32Array(count);
  const isOpen = new Uint8Array(count);
  const open: number[] = [];
  let counter = 0;
  for (let root = 0; root < count; root += 1) {
    if (seen[root] !== 0) continue;
    const path = [root];
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      if (seen[node] === 0) {
        counter += 1;
        seen[node] = counter;
        low[node] = counter;
        isOpen[node] = 1;
        open.push(node);
      }
      const edge = nextEdge[node] ?? 0;
      const target = edges[node]?.[edge];
      if (target !== undefined) {
        nextEdge[node] = edge + 1;
        if (seen[target] === 0) path.push(target);
        else if (isOpen[target] === 1) low[node] = Math.min(low[node] ?? 0, seen[target] ?? 0);
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) low[parent] = Math.min(low[parent] ?? 0, low[node] ?? 0);
      if (low[node] !== seen[node]) continue;
      const group = open.splice(open.lastIndexOf(node));
      for (const member of group) isOpen[member] = 0;
      yield group;
    }
  }
}

/** Breadth first from `start` within its group, back to `start`. */
function shortestCycle(
  edges: readonly (readonly number[])[],
  members: ReadonlySet<number>,
  start: number,
): readonly number[] {
  const cameFrom = new Map<number, number>();
  const queue = [start];
  for (const node of queue) {
    for (const target of edges[node] ?? []) {
      if (target === start) return pathTo(cameFrom, node);
      if (!members.has(target) || cameFrom.has(target)) continue;
      cameFrom.set(target, node);
      queue.push(target);
    }
  }
  return [start];
}

function pathTo(cameFrom: ReadonlyMap<number, number>, end: number): readonly number[] {
  const path = [end];
  for (let node = cameFrom.get(end); node !== undefined; node = cameFrom.get(node)) path.push(node);
  return path.reverse();
}

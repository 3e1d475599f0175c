import { type Edges, hasLoop } from './edges.ts';

/** What one walk over a dependency graph finds. */
export interface GraphWalk {
  /** Every node once; outside cycles each stands after all that it depends on. */
  readonly order: Uint32Array;
  /** For each node on a cycle a shortest cycle through it: starts with the node, does not repeat it. */
  readonly cycles: ReadonlyMap<number, readonly number[]>;
}

/**
 * Walks the graph in time linear in nodes and edges, plus a search within its group for each node on a cycle. Groups
 * are Tarjan's strongly connected components ("Depth-first search and linear graph algorithms", 1972), without
 * recursion: dependency chains of a tree are longer than a call stack may be deep.
 */
export function walkGraph(edges: Edges): GraphWalk {
  const { order, groupEnds } = findGroups(edges);
  const cycles = new Map<number, readonly number[]>();
  const search = new CycleSearch(edges, order, groupEnds);
  let start = 0;
  for (const end of groupEnds) {
    const group = order.subarray(start, end);
    start = end;
    const first = group[0] ?? 0;
    if (group.length === 1 && !hasLoop(edges, first)) continue;
    for (const node of group) cycles.set(node, search.findShortest(node));
  }
  return { order, cycles };
}

interface Groups {
  /** All nodes, those of one group side by side; a group comes after those that it depends on. */
  readonly order: Uint32Array;
  /** Where in `order` each group ends. */
  readonly groupEnds: readonly number[];
}

function findGroups({ starts, targets }: Edges): Groups {
  const count = starts.length - 1;
  // 0: not seen. Otherwise the order of first sight, from 1; a node whose group is known is above all of these.
  const seen = new Uint32Array(count);
  const closed = 0xffffffff;
  const low = new Uint32Array(count);
  const nextEdge = starts.slice(0, count);
  const open = new Uint32Array(count);
  const path = new Uint32Array(count);
  const order = new Uint32Array(count);
  const groupEnds: number[] = [];
  let counter = 0;
  let openCount = 0;
  let orderCount = 0;
  for (let root = 0; root < count; root += 1) {
    if (seen[root] !== 0) continue;
    let depth = 0;
    let node = root;
    for (;;) {
      if (seen[node] === 0) {
        counter += 1;
        seen[node] = counter;
        low[node] = counter;
        open[openCount++] = node;
      }
      const edge = nextEdge[node] ?? 0;
      if (edge < (starts[node + 1] ?? 0)) {
        nextEdge[node] = edge + 1;
        const target = targets[edge] ?? 0;
        const when = seen[target] ?? 0;
        if (when === 0) {
          path[depth++] = node;
          node = target;
        } else if (when < (low[node] ?? 0)) low[node] = when;
        continue;
      }
      const lowest = low[node] ?? 0;
      if (lowest === seen[node]) {
        for (let member = -1; member !== node; ) {
          member = open[--openCount] ?? node;
          seen[member] = closed;
          order[orderCount++] = member;
        }
        groupEnds.push(orderCount);
      }
      if (depth === 0) break;
      node = path[--depth] ?? 0;
      if (lowest < (low[node] ?? 0)) low[node] = lowest;
    }
  }
  return { order, groupEnds };
}

/** Breadth first from a node within its group, back to it. */
class CycleSearch {
  readonly #edges: Edges;
  readonly #groupOf: Uint32Array;
  readonly #cameFrom: Uint32Array;
  /** The search that saw a node last. */
  readonly #seenBy: Uint32Array;
  readonly #queue: Uint32Array;
  #searches = 0;

  constructor(edges: Edges, order: Uint32Array, groupEnds: readonly number[]) {
    this.#edges = edges;
    this.#groupOf = new Uint32Array(order.length);
    this.#cameFrom = new Uint32Array(order.length);
    this.#seenBy = new Uint32Array(order.length);
    this.#queue = new Uint32Array(order.length);
    let at = 0;
    for (const end of groupEnds) for (; at < end; at += 1) this.#groupOf[order[at] ?? 0] = end;
  }

  findShortest(start: number): readonly number[] {
    this.#searches += 1;
    const { starts, targets } = this.#edges;
    const group = this.#groupOf[start];
    let count = 1;
    this.#queue[0] = start;
    for (let head = 0; head < count; head += 1) {
      const node = this.#queue[head] ?? start;
      const end = starts[node + 1] ?? 0;
      for (let edge = starts[node] ?? 0; edge < end; edge += 1) {
        const target = targets[edge] ?? 0;
        if (target === start) return this.#pathTo(start, node);
        if (this.#groupOf[target] !== group || this.#seenBy[target] === this.#searches) continue;
        this.#seenBy[target] = this.#searches;
        this.#cameFrom[target] = node;
        this.#queue[count++] = target;
      }
    }
    return [start];
  }

  #pathTo(start: number, end: number): readonly number[] {
    const path: number[] = [];
    for (let node = end; node !== start; node = this.#cameFrom[node] ?? start) path.push(node);
    path.push(start);
    return path.reverse();
  }
}

import { itemAt } from '../assert.ts';

/**
 * The edges of a graph in two typed arrays (compressed sparse rows): those of node `i` are
 * `target[start[i]] .. target[start[i + 1] - 1]`, without repeats.
 */
export interface Edges {
  readonly start: Int32Array;
  readonly target: Int32Array;
}

/** Packs one list of target nodes for each node, in the order given; repeats are dropped. */
export const packEdges = (lists: readonly (readonly number[])[]): Edges => {
  const start = new Int32Array(lists.length + 1);
  const target = new Int32Array(lists.reduce((sum, list) => sum + list.length, 0));
  /** The last node, counted from 1, that had an edge to this one. */
  const seenBy = new Int32Array(lists.length);
  let used = 0;
  for (let node = 0; node < lists.length; node++) {
    start[node] = used;
    for (const to of itemAt(lists, node)) {
      if (seenBy[to] === node + 1) continue;
      seenBy[to] = node + 1;
      target[used++] = to;
    }
  }
  start[lists.length] = used;
  return { start, target: target.subarray(0, used) };
};

/** The same graph with every edge turned round; the edges of each node are then in ascending order. */
export const reverseEdges = ({ start, target }: Edges): Edges => {
  const nodes = start.length - 1;
  const reversedStart = new Int32Array(nodes + 1);
  for (const node of target) reversedStart[node + 1] = itemAt(reversedStart, node + 1) + 1;
  for (let node = 0; node < nodes; node++) {
    reversedStart[node + 1] = itemAt(reversedStart, node + 1) + itemAt(reversedStart, node);
  }
  const fill = reversedStart.slice();
  const reversed = new Int32Array(target.length);
  for (let node = 0; node < nodes; node++) {
    for (let edge = itemAt(start, node); edge < itemAt(start, node + 1); edge++) {
      const to = itemAt(target, edge);
      const place = itemAt(fill, to);
      reversed[place] = node;
      fill[to] = place + 1;
    }
  }
  return { start: reversedStart, target: reversed };
};

/** The same graph with so many more nodes that have no edges. */
export const appendNodes = ({ start, target }: Edges, count: number): Edges => {
  const longer = new Int32Array(start.length + count).fill(target.length, start.length);
  longer.set(start);
  return { start: longer, target };
};

/** How many edges leave a node. */
export const countEdges = ({ start }: Edges, node: number): number =>
  itemAt(start, node + 1) - itemAt(start, node);

/** The nodes that a node's edges lead to, as a view. */
export const targetsOf = ({ start, target }: Edges, node: number): Int32Array =>
  target.subarray(itemAt(start, node), itemAt(start, node + 1));

/**
 * Nodes in an order in which each comes after all that it needs (Kahn's algorithm). Nodes on a cycle, and those
 * behind one, are left out: the order is then shorter than the graph.
 */
export const sortTopologically = (needs: Edges, dependents: Edges): Int32Array => {
  const nodes = needs.start.length - 1;
  const order = new Int32Array(nodes);
  const missing = new Int32Array(nodes);
  let found = 0;
  for (let node = 0; node < nodes; node++) {
    const count = countEdges(needs, node);
    missing[node] = count;
    if (count === 0) order[found++] = node;
  }
  const { start, target } = dependents;
  for (let next = 0; next < found; next++) {
    const node = itemAt(order, next);
    for (let edge = itemAt(start, node); edge < itemAt(start, node + 1); edge++) {
      const dependent = itemAt(target, edge);
      const left = itemAt(missing, dependent) - 1;
      missing[dependent] = left;
      if (left === 0) order[found++] = dependent;
    }
  }
  return order.subarray(0, found);
};

/** One cycle, each node needing the next and the last one the first; undefined when there is none. */
export const findCycle = (needs: Edges): readonly number[] | undefined => {
  const order = sortTopologically(needs, reverseEdges(needs));
  const nodes = needs.start.length - 1;
  if (order.length === nodes) return undefined;
  const sorted = new Uint8Array(nodes);
  for (const node of order) sorted[node] = 1;
  // What is left needs something that is left too: following that must come round.
  const path: number[] = [];
  const placeInPath = new Map<number, number>();
  let node = sorted.indexOf(0);
  while (!placeInPath.has(node)) {
    placeInPath.set(node, path.length);
    path.push(node);
    node = itemAt(
      targetsOf(needs, node).filter((need) => sorted[need] === 0),
      0,
    );
  }
  return path.slice(placeInPath.get(node));
};

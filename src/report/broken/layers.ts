import type { BrokenGraph } from './brokenGraph.ts';

/** A part of the graph that hangs together: its columns from cause to consequence, each from top to bottom. */
export interface Layering {
  readonly columns: readonly (readonly number[])[];
}

/**
 * Arranges the graph in columns: a package is one column right of the last thing that it needs. Parts that do not
 * hang together follow each other, the largest first. Within a column nodes come as near as can be to what they hang
 * on: the barycentre method of Sugiyama, Tagawa and Toda (1981).
 */
export function layOut(graph: BrokenGraph): Layering[] {
  const links = listLinks(graph);
  const column = rankNodes(graph, links);
  return splitParts(graph, links)
    .sort((a, b) => b.length - a.length)
    .map((part) => ({
      columns: orderColumns(
        Map.groupBy(part, (node) => column[node] ?? 0),
        links,
      ),
    }));
}

interface Links {
  readonly before: readonly number[][];
  readonly after: readonly number[][];
}

const SWEEPS = 4;

function listLinks({ nodes, edges }: BrokenGraph): Links {
  const before: number[][] = nodes.map(() => []);
  const after: number[][] = nodes.map(() => []);
  for (const { from, to } of edges) {
    before[to]?.push(from);
    after[from]?.push(to);
  }
  return { before, after };
}

/** Longest way from a cause. Edges that close a cycle are left out of account. */
function rankNodes({ nodes }: BrokenGraph, { before }: Links): Int32Array {
  const rank = new Int32Array(nodes.length).fill(-1);
  const isOpen = new Uint8Array(nodes.length);
  const visit = (first: number): void => {
    const stack = [first];
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      isOpen[node] = 1;
      const causes = before[node] ?? [];
      const next = causes.find((cause) => rank[cause] === -1 && isOpen[cause] === 0);
      if (next !== undefined) {
        stack.push(next);
        continue;
      }
      rank[node] = causes.reduce((most, cause) => Math.max(most, (rank[cause] ?? -1) + 1), 0);
      stack.pop();
    }
  };
  for (const node of nodes.keys()) if (rank[node] === -1) visit(node);
  return rank;
}

function splitParts({ nodes }: BrokenGraph, { before, after }: Links): number[][] {
  const seen = new Set<number>();
  const parts: number[][] = [];
  for (const first of nodes.keys()) {
    if (seen.has(first)) continue;
    seen.add(first);
    const part = [first];
    for (const node of part) {
      for (const next of [...(before[node] ?? []), ...(after[node] ?? [])]) {
        if (seen.has(next)) continue;
        seen.add(next);
        part.push(next);
      }
    }
    parts.push(part);
  }
  return parts;
}

function orderColumns(byColumn: ReadonlyMap<number, readonly number[]>, links: Links): number[][] {
  const columns = [...byColumn].sort(([a], [b]) => a - b).map(([, nodes]) => [...nodes]);
  const height = new Map<number, number>();
  const settle = (column: readonly number[]): void => {
    for (const [place, node] of column.entries()) height.set(node, (place + 0.5) / column.length);
  };
  columns.forEach(settle);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isForward = sweep % 2 === 0;
    const neighbours = isForward ? links.before : links.after;
    for (const column of isForward ? columns : columns.toReversed()) {
      const wanted = new Map(column.map((node) => [node, weigh(node, neighbours[node] ?? [], height)]));
      column.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0));
      settle(column);
    }
  }
  return columns;
}

function weigh(node: number, neighbours: readonly number[], height: ReadonlyMap<number, number>): number {
  if (neighbours.length === 0) return height.get(node) ?? 0;
  return neighbours.reduce((sum, other) => sum + (height.get(other) ?? 0), 0) / neighbours.length;
}

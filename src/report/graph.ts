/**
 * The dependency graph turned round, for questions about what hangs on a package. Plain arrays: a whole tree
 * has 30,000 packages and 210,000 edges.
 */
export interface DependentGraph {
  readonly size: number;
  /**
   * The direct dependents of `i` are `dependents[start[i]]` up to, not including, `dependents[start[i + 1]]`.
   */
  readonly start: Uint32Array;
  readonly dependents: Uint32Array;
  /** Every package once, after all of its dependents; on a cycle as near to that as can be. */
  readonly order: Uint32Array;
  readonly cyclic: boolean;
}

/** Turns lists of dependencies (indexes into the same list) round. Cycles are allowed. */
export function turnRound(depends: readonly (readonly number[])[]): DependentGraph {
  const size = depends.length;
  const start = new Uint32Array(size + 1);
  for (const list of depends) for (const on of list) start[on + 1] = (start[on + 1] ?? 0) + 1;
  for (let i = 0; i < size; i++) start[i + 1] = (start[i + 1] ?? 0) + (start[i] ?? 0);
  const next = start.slice(0, size);
  const dependents = new Uint32Array(start[size] ?? 0);
  for (const [index, list] of depends.entries()) {
    for (const on of list) {
      const place = next[on] ?? 0;
      dependents[place] = index;
      next[on] = place + 1;
    }
  }
  return { size, start, dependents, ...sortDependentsFirst(size, start, dependents) };
}

/** For each package how many others need it, directly or not. Itself never counts, not even on a cycle. */
export function countDependents(graph: DependentGraph): Uint32Array {
  const { size } = graph;
  const counts = new Uint32Array(size);
  const bits = new Uint32Array(size * BLOCK_WORDS);
  const hasBits = new Uint8Array(size);
  for (let base = 0; base < size; base += BLOCK_WORDS * 32) {
    bits.fill(0);
    hasBits.fill(0);
    const end = Math.min(size, base + BLOCK_WORDS * 32);
    for (let i = base; i < end; i++) {
      const word = i * BLOCK_WORDS + ((i - base) >>> 5);
      bits[word] = (bits[word] ?? 0) | (1 << ((i - base) & 31));
      hasBits[i] = 1;
    }
    // Without a cycle every dependent is complete when it is asked, so one pass does.
    while (spreadBits(graph, bits, hasBits) && graph.cyclic);
    for (let i = 0; i < size; i++) {
      if (hasBits[i] === 1) counts[i] = (counts[i] ?? 0) + countBits(bits, i * BLOCK_WORDS);
    }
  }
  return counts.map((closure) => closure - 1);
}

/**
 * Every package that needs `from`, directly or not, in ascending order; `from` itself never. The walk reports
 * a package for which `isEnd` holds no more, and does not go past it.
 */
export function listDependents(
  graph: DependentGraph,
  from: number,
  isEnd: (index: number) => boolean = () => false,
): number[] {
  const seen = new Set<number>([from]);
  const queue = [from];
  for (const index of queue) {
    const end = graph.start[index + 1] ?? 0;
    for (let edge = graph.start[index] ?? 0; edge < end; edge++) {
      const dependent = graph.dependents[edge] ?? 0;
      if (seen.has(dependent) || isEnd(dependent)) continue;
      seen.add(dependent);
      queue.push(dependent);
    }
  }
  return queue.slice(1).sort((a, b) => a - b);
}

// 1,024 packages at a time keeps the table of a whole tree (3.7 MB) inside a processor's cache.
const BLOCK_WORDS = 32;

/**
 * Most packages have no dependent in most blocks: `hasBits` says which have one, and the rest is not looked
 * at.
 */
function spreadBits(graph: DependentGraph, bits: Uint32Array, hasBits: Uint8Array): boolean {
  let changed = false;
  for (const index of graph.order) {
    const own = index * BLOCK_WORDS;
    const end = graph.start[index + 1] ?? 0;
    for (let edge = graph.start[index] ?? 0; edge < end; edge++) {
      const dependent = graph.dependents[edge] ?? 0;
      if (hasBits[dependent] !== 1) continue;
      hasBits[index] = 1;
      const other = dependent * BLOCK_WORDS;
      for (let word = 0; word < BLOCK_WORDS; word++) {
        const before = bits[own + word] ?? 0;
        const after = (before | (bits[other + word] ?? 0)) >>> 0;
        if (after === before) continue;
        bits[own + word] = after;
        changed = true;
      }
    }
  }
  return changed;
}

function countBits(bits: Uint32Array, from: number): number {
  let count = 0;
  for (let i = from; i < from + BLOCK_WORDS; i++) {
    for (let word = bits[i] ?? 0; word !== 0; word &= word - 1) count++;
  }
  return count;
}

/** Depth first without recursion: a chain of dependents may be longer than the stack. */
function sortDependentsFirst(
  size: number,
  start: Uint32Array,
  dependents: Uint32Array,
): { readonly order: Uint32Array; readonly cyclic: boolean } {
  const order = new Uint32Array(size);
  const state = new Uint8Array(size);
  const edge = start.slice(0, size);
  let sorted = 0;
  let cyclic = false;
  for (let root = 0; root < size; root++) {
    if (state[root] !== UNSEEN) continue;
    const stack = [root];
    state[root] = OPEN;
    for (let index = stack.at(-1); index !== undefined; index = stack.at(-1)) {
      const at = edge[index] ?? 0;
      if (at === start[index + 1]) {
        state[index] = CLOSED;
        order[sorted++] = index;
        stack.pop();
        continue;
      }
      edge[index] = at + 1;
      const dependent = dependents[at] ?? 0;
      if (state[dependent] === OPEN) cyclic = true;
      if (state[dependent] !== UNSEEN) continue;
      state[dependent] = OPEN;
      stack.push(dependent);
    }
  }
  return { order, cyclic };
}

const UNSEEN = 0;
const OPEN = 1;
const CLOSED = 2;

import { Chooser } from './chooser.ts';
import { walkGraph } from './cycles.ts';
import type { Edges } from './edges.ts';
import { blameTrouble } from './propagate.ts';
import { MASKS, type ResolvedTable, type ResolveTable } from './resolvetable.ts';

/** Names of a long cycle that its reason shows. */
const CYCLE_NAMES_MAX = 20;

/**
 * Resolves the dependencies of all records against all records, by the rules of pbulk-resolve: words in their order; a
 * package that is already chosen for this same record and satisfies the word is used again; otherwise the highest version
 * wins, and on a tie the name that sorts later; the location plays no part. A word that is malformed or matches nothing
 * concerns its own package and no other.
 */
export function resolveTable(table: ResolveTable): ResolvedTable {
  const { depends, reasons } = chooseDepends(table);
  const isIdle = (index: number): boolean => table.masks[index] !== MASKS.none || reasons.has(index);
  for (const index of [...reasons.keys()]) if (table.masks[index] !== MASKS.none) reasons.delete(index);
  // What is not built anyway cannot close a cycle.
  const walk = walkGraph(withoutSources(depends, isIdle));
  for (const [index, cycle] of walk.cycles) {
    reasons.set(index, cycleReason(cycle.map((member) => table.names[member] ?? '')));
  }
  const indirect = blameTrouble({ depends, masks: table.masks, reasons, order: walk.order });
  return { depends, reasons, indirect };
}

function chooseDepends(table: ResolveTable): { depends: Edges; reasons: Map<number, string> } {
  const { names, needs } = table;
  const choices = chooseWords(table);
  const reasons = new Map<number, string>();
  const starts = new Uint32Array(names.length + 1);
  const targets = new Uint32Array(needs.targets.length);
  /** For which record a package was chosen last, counted from 1. */
  const chosenFor = new Uint32Array(names.length);
  let count = 0;
  for (let index = 0; index < names.length; index += 1) {
    const start = count;
    let missing: Set<string> | undefined;
    const end = needs.starts[index + 1] ?? 0;
    for (let at = needs.starts[index] ?? 0; at < end; at += 1) {
      const word = needs.targets[at] ?? 0;
      const best = choices.best[word] ?? -1;
      if (best < 0) {
        missing ??= new Set();
        missing.add(choices.missing.get(word) ?? '');
      } else if (chosenFor[best] !== index + 1) {
        const others = choices.others.get(word);
        if (others?.some((match) => chosenFor[match] === index + 1) === true) continue;
        chosenFor[best] = index + 1;
        targets[count++] = best;
      }
    }
    if (missing !== undefined) {
      // Half of its dependencies would look like all of them.
      count = start;
      reasons.set(index, [...missing].join('; '));
    }
    starts[index + 1] = count;
  }
  return { depends: { starts, targets: targets.slice(0, count) }, reasons };
}

/** What each word of a table comes to. Few words have more than one match, and fewer none. */
interface WordChoices {
  /** The package to take, -1 when nothing matches. */
  readonly best: Int32Array;
  /** All that match, where there are several. */
  readonly others: ReadonlyMap<number, readonly number[]>;
  readonly missing: ReadonlyMap<number, string>;
}

function chooseWords({ names, words }: ResolveTable): WordChoices {
  const chooser = new Chooser(names);
  const best = new Int32Array(words.length).fill(-1);
  const others = new Map<number, readonly number[]>();
  const missing = new Map<number, string>();
  for (const [place, word] of words.entries()) {
    const choice = chooser.choose(word);
    if (choice.kind === 'missing') {
      missing.set(place, choice.reason);
    } else {
      best[place] = choice.best;
      if (choice.matches.length > 1) others.set(place, choice.matches);
    }
  }
  return { best, others, missing };
}

/** The graph without the edges of some nodes. */
function withoutSources(edges: Edges, isLeftOut: (node: number) => boolean): Edges {
  const starts = new Uint32Array(edges.starts.length);
  const targets = new Uint32Array(edges.targets.length);
  let count = 0;
  for (let node = 0; node + 1 < starts.length; node += 1) {
    if (!isLeftOut(node)) {
      const end = edges.starts[node + 1] ?? 0;
      for (let edge = edges.starts[node] ?? 0; edge < end; edge += 1)
        targets[count++] = edges.targets[edge] ?? 0;
    }
    starts[node + 1] = count;
  }
  return { starts, targets };
}

function cycleReason(names: readonly string[]): string {
  const shown = names.slice(0, CYCLE_NAMES_MAX);
  const left = names.length - shown.length;
  const middle = left === 0 ? [] : [`(${left} more)`];
  return `circular dependency: ${[...shown, ...middle, names[0] ?? ''].join(' -> ')}`;
}

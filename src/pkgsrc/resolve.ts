import { walkGraph } from './cycles.ts';
import { parseDepend } from './depend.ts';
import { keepFirst } from './duplicates.ts';
import { NameIndex } from './nameindex.ts';
import type { PkgPath, Resolution, ResolvedPackage, ScanRecord } from './package.ts';
import { type OwnTrouble, propagateTrouble } from './propagate.ts';
import { splitPkgName } from './version.ts';

/** A dependency word looked up: every record that satisfies it, and the one to take. */
type Choice =
  | { readonly kind: 'found'; readonly matches: readonly number[]; readonly best: number }
  | { readonly kind: 'missing'; readonly reason: string };

/** Names of a long cycle that its reason shows. */
const CYCLE_NAMES_MAX = 20;

/**
 * Resolves the dependencies of all records against all records, by the rules of pbulk-resolve: words in their order; a
 * package that is already chosen for this same record and satisfies the word is used again; otherwise the highest version
 * wins, and on a tie the name that sorts later; the location plays no part. A word that is malformed or matches nothing
 * concerns its own package and no other. Records with a PKGNAME that was seen before are left out.
 */
export function resolveRecords(input: readonly ScanRecord[]): Resolution {
  const { records } = keepFirst(input);
  const choose = makeChooser(records);
  const own: (OwnTrouble | undefined)[] = [];
  const depends = records.map((record, index) => {
    const chosen = chooseDepends(record, choose);
    own[index] = ownTrouble(record, chosen.reasons);
    return chosen.reasons.length === 0 ? chosen.depends : [];
  });
  const names = records.map((record) => record.pkgname);
  // What is not built anyway cannot close a cycle.
  const walk = walkGraph(depends.map((list, index) => (own[index] === undefined ? list : [])));
  for (const [index, cycle] of walk.cycles) {
    own[index] = { kind: 'unresolved', reason: cycleReason(cycle.map((member) => names[member] ?? '')) };
  }
  const states = propagateTrouble({ names, depends, own, order: walk.order });
  return {
    packages: records.map((record, index) => ({
      record,
      depends: depends[index] ?? [],
      state: states[index] ?? { kind: 'buildable' },
    })),
  };
}

/**
 * Keeps the packages of the requested PKGPATHs and all that they depend on, in their order. What only a masked
 * package would need is not kept: nothing would ever use it.
 */
export function limitResolution(resolution: Resolution, requested: Iterable<PkgPath>): Resolution {
  const paths = new Set(requested);
  const kept = new Set<number>();
  resolution.packages.forEach(({ record }, index) => {
    if (paths.has(record.pkgpath)) kept.add(index);
  });
  // A set that grows while it is walked is walked to its end.
  for (const index of kept) {
    const pkg = resolution.packages[index];
    if (pkg === undefined || isMasked(pkg)) continue;
    for (const depend of pkg.depends) kept.add(depend);
  }
  const indexes = [...kept].sort((left, right) => left - right);
  const newIndex = new Map(indexes.map((index, place) => [index, place]));
  const packages = indexes.flatMap((index): ResolvedPackage[] => {
    const pkg = resolution.packages[index];
    if (pkg === undefined) return [];
    return [
      { ...pkg, depends: isMasked(pkg) ? [] : pkg.depends.flatMap((depend) => newIndex.get(depend) ?? []) },
    ];
  });
  return { packages };
}

const isMasked = (pkg: ResolvedPackage): boolean => pkg.state.kind === 'masked';

function makeChooser(records: readonly ScanRecord[]): (word: string) => Choice {
  const index = new NameIndex(records.map((record) => splitPkgName(record.pkgname)));
  const byWord = new Map<string, Choice>();
  const byPattern = new Map<string, Choice>();
  const choose = (word: string): Choice => {
    const depend = parseDepend(word);
    if (depend.kind === 'malformed') {
      return { kind: 'missing', reason: `malformed dependency "${word}": ${depend.reason}` };
    }
    return getOrMake(byPattern, depend.patternText, (text) => {
      const matches = index.match(depend.pattern);
      const best = index.best(matches);
      if (best === undefined) return { kind: 'missing', reason: `could not resolve dependency "${text}"` };
      return { kind: 'found', matches, best };
    });
  };
  return (word) => getOrMake(byWord, word, choose);
}

function chooseDepends(
  record: ScanRecord,
  choose: (word: string) => Choice,
): { readonly depends: readonly number[]; readonly reasons: readonly string[] } {
  const depends = new Set<number>();
  const reasons = new Set<string>();
  for (const word of record.allDepends) {
    const choice = choose(word);
    if (choice.kind === 'missing') reasons.add(choice.reason);
    else if (!hasAny(depends, choice.matches)) depends.add(choice.best);
  }
  return { depends: [...depends], reasons: [...reasons] };
}

function hasAny(set: ReadonlySet<number>, values: readonly number[]): boolean {
  for (const value of values) if (set.has(value)) return true;
  return false;
}

function ownTrouble(record: ScanRecord, reasons: readonly string[]): OwnTrouble | undefined {
  if (record.skipReason !== '') return { kind: 'masked', by: 'skip', reason: record.skipReason };
  if (record.failReason !== '') return { kind: 'masked', by: 'fail', reason: record.failReason };
  return reasons.length === 0 ? undefined : { kind: 'unresolved', reason: reasons.join('; ') };
}

function cycleReason(names: readonly string[]): string {
  const shown = names.slice(0, CYCLE_NAMES_MAX);
  const left = names.length - shown.length;
  const middle = left === 0 ? [] : [`(${left} more)`];
  return `circular dependency: ${[...shown, ...middle, names[0] ?? ''].join(' -> ')}`;
}

function getOrMake<Value>(map: Map<string, Value>, key: string, make: (key: string) => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make(key);
  map.set(key, made);
  return made;
}

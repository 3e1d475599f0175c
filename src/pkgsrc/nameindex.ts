import { matchPattern, type Pattern, type PlainPattern } from './pattern.ts';
import { compareVersions, type PkgNameParts } from './version.ts';

/**
 * Package names, found by pattern. Ids count from 0 in the order of adding. A lookup costs what it finds, not what
 * there is, but for a glob without a literal beginning.
 */
export class NameIndex {
  readonly #names: PkgNameParts[] = [];
  readonly #idsByBase = new Map<string, number[]>();
  readonly #idsByName = new Map<string, number[]>();
  /** Distinct names in order, so that all with one beginning stand together. */
  readonly #sorted: string[];

  constructor(names: Iterable<PkgNameParts>) {
    for (const name of names) this.#enter(name);
    this.#sorted = [...this.#idsByName.keys()].sort();
  }

  add(name: PkgNameParts): number {
    if (!this.#idsByName.has(name.name)) this.#sorted.splice(this.#placeOf(name.name), 0, name.name);
    return this.#enter(name);
  }

  /** Ids of all names that satisfy the pattern, lowest first. */
  match(pattern: Pattern): readonly number[] {
    if (pattern.kind === 'malformed') return [];
    if (pattern.kind !== 'alternates') return this.#matchPlain(pattern);
    const ids = new Set(pattern.options.flatMap((option) => this.#matchPlain(option)));
    return [...ids].sort((left, right) => left - right);
  }

  /** Of these ids the one to build with: the highest version, and on a tie the name that sorts later. */
  best(ids: readonly number[]): number | undefined {
    let best: number | undefined;
    for (const id of ids) if (best === undefined || this.#compare(id, best) > 0) best = id;
    return best;
  }

  #enter(name: PkgNameParts): number {
    const id = this.#names.push(name) - 1;
    append(this.#idsByBase, name.base, id);
    append(this.#idsByName, name.name, id);
    return id;
  }

  #matchPlain(pattern: PlainPattern): number[] {
    switch (pattern.kind) {
      case 'exact':
        return [...(this.#idsByName.get(pattern.name) ?? [])];
      case 'dewey':
        return (this.#idsByBase.get(pattern.base) ?? []).filter((id) => this.#isMatch(pattern, id));
      case 'glob':
        return this.#withPrefix(pattern.glob.prefix)
          .filter((id) => this.#isMatch(pattern, id))
          .sort((left, right) => left - right);
    }
  }

  #isMatch(pattern: PlainPattern, id: number): boolean {
    const name = this.#names[id];
    return name !== undefined && matchPattern(pattern, name);
  }

  #withPrefix(prefix: string): number[] {
    const found: number[] = [];
    for (let place = this.#placeOf(prefix); place < this.#sorted.length; place += 1) {
      const name = this.#sorted[place] ?? '';
      if (!name.startsWith(prefix)) break;
      found.push(...(this.#idsByName.get(name) ?? []));
    }
    return found;
  }

  /** The first place of the sorted names that is not below `text`. */
  #placeOf(text: string): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle] ?? '') < text) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #compare(left: number, right: number): number {
    const a = this.#names[left];
    const b = this.#names[right];
    if (a === undefined || b === undefined) return 0;
    return compareVersions(a.version, b.version) || compareTexts(a.name, b.name);
  }
}

function append(map: Map<string, number[]>, key: string, id: number): void {
  const ids = map.get(key);
  if (ids === undefined) map.set(key, [id]);
  else ids.push(id);
}

function compareTexts(left: string, right: string): number {
  if (left < right) return -1;
  return left > right ? 1 : 0;
}

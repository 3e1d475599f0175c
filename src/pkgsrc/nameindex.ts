import { type Glob, matchGlob } from './glob.ts';
import { matchPattern, type Pattern, type PlainPattern } from './pattern.ts';
import { compareVersions, type PkgNameParts } from './version.ts';

/**
 * Package names, found by pattern. Ids count from 0 in the order of adding. A lookup costs what it finds, not what
 * there is, but for a glob without a literal beginning.
 */
export class NameIndex {
  readonly #names: PkgNameParts[] = [];
  readonly #byBase = new IdChains();
  readonly #byName = new IdChains();
  /** Distinct names in order, so that all with one beginning stand together. */
  readonly #sorted: string[];

  constructor(names: Iterable<PkgNameParts>) {
    for (const name of names) this.#enter(name);
    this.#sorted = [...this.#byName.keys()].sort();
  }

  add(name: PkgNameParts): number {
    if (!this.#byName.has(name.name)) this.#sorted.splice(this.#placeOf(name.name), 0, name.name);
    return this.#enter(name);
  }

  /** Ids of all names that satisfy the pattern, lowest first. */
  match(pattern: Pattern): readonly number[] {
    if (pattern.kind === 'malformed') return [];
    const ids: number[] = [];
    if (pattern.kind !== 'alternates') {
      this.#collect(pattern, ids);
      return ids.length < 2 ? ids : ids.sort(ascending);
    }
    for (const option of pattern.options) this.#collect(option, ids);
    return [...new Set(ids)].sort(ascending);
  }

  /** Of these ids the one to build with: the highest version, and on a tie the name that sorts later. */
  best(ids: readonly number[]): number | undefined {
    let best: number | undefined;
    for (const id of ids) if (best === undefined || this.#compare(id, best) > 0) best = id;
    return best;
  }

  #enter(name: PkgNameParts): number {
    const id = this.#names.push(name) - 1;
    this.#byBase.add(name.base, id);
    this.#byName.add(name.name, id);
    return id;
  }

  #collect(pattern: PlainPattern, ids: number[]): void {
    switch (pattern.kind) {
      case 'exact':
        for (let id = this.#byName.last(pattern.name); id >= 0; id = this.#byName.before(id)) ids.push(id);
        break;
      case 'dewey':
        for (let id = this.#byBase.last(pattern.base); id >= 0; id = this.#byBase.before(id)) {
          const name = this.#names[id];
          if (name !== undefined && matchPattern(pattern, name)) ids.push(id);
        }
        break;
      case 'glob':
        this.#collectGlob(pattern.glob, ids);
        break;
    }
  }

  #collectGlob(glob: Glob, ids: number[]): void {
    for (let place = this.#placeOf(glob.prefix); place < this.#sorted.length; place += 1) {
      const name = this.#sorted[place] ?? '';
      if (!name.startsWith(glob.prefix)) break;
      if (!matchGlob(glob, name)) continue;
      for (let id = this.#byName.last(name); id >= 0; id = this.#byName.before(id)) ids.push(id);
    }
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

/** Ids by a text, each linked to the one before it: an array for each text would cost more than all else. */
class IdChains {
  readonly #last = new Map<string, number>();
  readonly #before: number[] = [];

  /** Ids are added in their order, every one once. */
  add(key: string, id: number): void {
    this.#before.push(this.#last.get(key) ?? -1);
    this.#last.set(key, id);
  }

  has(key: string): boolean {
    return this.#last.has(key);
  }

  keys(): Iterable<string> {
    return this.#last.keys();
  }

  /** The highest id of the text, -1 when there is none. */
  last(key: string): number {
    return this.#last.get(key) ?? -1;
  }

  /** The next lower id of the same text, -1 when there is none. */
  before(id: number): number {
    return this.#before[id] ?? -1;
  }
}

const ascending = (left: number, right: number): number => left - right;

function compareTexts(left: string, right: string): number {
  if (left < right) return -1;
  return left > right ? 1 : 0;
}

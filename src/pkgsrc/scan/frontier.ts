import { parseDepend } from '../depend.ts';
import { NameIndex } from '../nameindex.ts';
import type { PkgPath, ScanRecord } from '../package.ts';
import { splitPkgName } from '../version.ts';
import { PatternIndex } from './patternindex.ts';

/**
 * What a limited scan must ask for next, decided as each record arrives and not in waves. Records of the requested
 * PKGPATHs are active, and so is every record that satisfies a dependency word of an active one. The place that
 * such a word names is scanned. A masked record needs nothing.
 *
 * The classic loop asks for a place only while nothing scanned so far satisfies the word, so that its result hangs on the
 * order of scans. Here the set of places is the same whatever ends first, on however many hosts.
 */
export class ScanFrontier {
  readonly #requested: readonly PkgPath[];
  readonly #isRequested: ReadonlySet<PkgPath>;
  /** Every place ever wanted, in the order of wanting. */
  readonly #wanted = new Set<PkgPath>();
  readonly #scanned = new Map<PkgPath, readonly ScanRecord[]>();
  readonly #answered = new Set<PkgPath>();
  #fresh: PkgPath[] = [];
  readonly #records: ScanRecord[] = [];
  readonly #names = new NameIndex([]);
  readonly #active = new Set<number>();
  readonly #patterns = new PatternIndex();
  readonly #wordsSeen = new Set<string>();

  constructor(requested: Iterable<PkgPath>) {
    this.#isRequested = new Set(requested);
    this.#requested = [...this.#isRequested];
    for (const pkgpath of this.#requested) this.#want(pkgpath);
  }

  /** The PKGPATHs that came to be wanted since the last call. Each is given out once. */
  next(): readonly PkgPath[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }

  /**
   * The records of a PKGPATH that `next` gave; any other, and a second answer for the same one, is ignored. Records may
   * come after a failure: the scan was tried again.
   */
  add(pkgpath: PkgPath, records: readonly ScanRecord[]): void {
    if (!this.#wanted.has(pkgpath) || this.#scanned.has(pkgpath)) return;
    this.#scanned.set(pkgpath, records);
    this.#answered.add(pkgpath);
    for (const record of records) this.#enter(record, this.#isRequested.has(pkgpath));
  }

  /** The scan of a PKGPATH gave nothing. What needs it will be unresolved unless something else satisfies it. */
  fail(pkgpath: PkgPath): void {
    if (this.#wanted.has(pkgpath)) this.#answered.add(pkgpath);
  }

  /** How many PKGPATHs are wanted so far. */
  get wantedCount(): number {
    return this.#wanted.size;
  }

  /** How many wanted PKGPATHs have not been answered; 0 is the end of the scan. */
  get openCount(): number {
    return this.#wanted.size - this.#answered.size;
  }

  /** All records: requested PKGPATHs as they were given, then the others by name, whatever the order of answers. */
  records(): readonly ScanRecord[] {
    const others = [...this.#scanned.keys()].filter((pkgpath) => !this.#isRequested.has(pkgpath)).sort();
    return [...this.#requested, ...others].flatMap((pkgpath) => this.#scanned.get(pkgpath) ?? []);
  }

  #enter(record: ScanRecord, requested: boolean): void {
    const name = splitPkgName(record.pkgname);
    const id = this.#names.add(name);
    this.#records.push(record);
    if (requested || this.#patterns.hasMatch(name)) this.#activate(id);
  }

  #activate(first: number): void {
    const pending = [first];
    for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
      const record = this.#records[id];
      if (record === undefined || this.#active.has(id)) continue;
      this.#active.add(id);
      if (record.skipReason !== '' || record.failReason !== '') continue;
      for (const word of record.allDepends) pending.push(...this.#follow(word));
    }
  }

  /** Makes one word count, and gives the records that are already there for it. */
  #follow(word: string): readonly number[] {
    if (this.#wordsSeen.has(word)) return [];
    this.#wordsSeen.add(word);
    const depend = parseDepend(word);
    if (depend.kind === 'malformed') return [];
    this.#want(depend.pkgpath);
    this.#patterns.add(depend.pattern);
    return this.#names.match(depend.pattern);
  }

  #want(pkgpath: PkgPath): void {
    if (this.#wanted.has(pkgpath)) return;
    this.#wanted.add(pkgpath);
    this.#fresh.push(pkgpath);
  }
}

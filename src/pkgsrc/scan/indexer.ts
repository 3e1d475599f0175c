import type { PkgPath, ScanRecord } from '../package.ts';
import { parseRecords, RecordStream } from '../record.ts';
import type { Answers } from './answers.ts';
import { type IndexRequest, indexPaths, type PathIndex } from './pathindex.ts';

/** Answers for package paths: from an earlier scan where that still holds, else from make, and then kept. */
export class Indexer {
  readonly #request: IndexRequest;
  readonly #answers: Answers | undefined;
  readonly #answered = new Set<PkgPath>();
  /** Their files changed while make read them. */
  readonly #unsure = new Set<PkgPath>();
  #madeMs = 0;
  #made = 0;

  constructor(request: IndexRequest, answers: Answers | undefined) {
    this.#request = request;
    this.#answers = answers;
  }

  /** Makes that ran so far, and how long they took one after the other. */
  spent(): { readonly made: number; readonly ms: number } {
    return { made: this.#made, ms: this.#madeMs };
  }

  /** Those of many paths that need no make, read in one go. */
  async readKept(paths: readonly PkgPath[]): Promise<ReadonlyMap<PkgPath, readonly ScanRecord[]>> {
    const found = new Map<PkgPath, ScanRecord[]>();
    if (this.#answers === undefined) return found;
    const holding = await this.#answers.holding(paths);
    const stream = new RecordStream({ kind: 'file', path: 'the kept scan' });
    for (const path of paths)
      if (holding.has(path)) stream.push(this.#answers.text(path) ?? new Uint8Array());
    const { records, malformed } = stream.end();
    // What was kept was good; if it is damaged, all of it is asked for again.
    if (malformed.length > 0) return new Map();
    for (const record of records) {
      const list = found.get(record.pkgpath);
      if (list === undefined) found.set(record.pkgpath, [record]);
      else list.push(record);
    }
    for (const path of found.keys()) this.#answered.add(path);
    return found;
  }

  /** One answer for each path, in no order. What make gave is kept before it is returned. */
  async index(paths: readonly PkgPath[]): Promise<readonly PathIndex[]> {
    const kept = await this.#indexKept(paths);
    const known = new Set(kept.map(({ pkgpath }) => pkgpath));
    const missing = paths.filter((path) => !known.has(path));
    for (const path of paths) this.#answered.add(path);
    return missing.length === 0 ? kept : [...kept, ...(await this.#make(missing))];
  }

  /** Paths whose files have changed since they were answered. Starts the count anew. */
  async takeChanged(): Promise<readonly PkgPath[]> {
    const answered = [...this.#answered];
    const changed = new Set([...((await this.#answers?.changedSince(answered)) ?? []), ...this.#unsure]);
    this.#answered.clear();
    this.#unsure.clear();
    return answered.filter((path) => changed.has(path));
  }

  async #indexKept(paths: readonly PkgPath[]): Promise<readonly PathIndex[]> {
    const answers = this.#answers;
    if (answers === undefined) return [];
    const holding = await answers.holding(paths);
    return paths.flatMap((pkgpath): PathIndex[] => {
      const text = holding.has(pkgpath) ? answers.text(pkgpath) : undefined;
      if (text === undefined) return [];
      const source = { kind: 'path', pkgpath } as const;
      const { records, malformed } = parseRecords(Buffer.from(text), source, this.#request.words);
      const isGood = malformed.length === 0 && records.length > 0;
      return isGood ? [{ kind: 'indexed', pkgpath, records, text: Buffer.from(text), makefiles: [] }] : [];
    });
  }

  async #make(paths: readonly PkgPath[]): Promise<readonly PathIndex[]> {
    const startedAtMs = Date.now();
    const indexes = await indexPaths(this.#request, paths);
    this.#made += paths.length;
    this.#madeMs += Date.now() - startedAtMs;
    const given = indexes.flatMap((index) =>
      index.kind === 'indexed'
        ? [{ place: index.pkgpath, text: index.text, makefiles: index.makefiles }]
        : [],
    );
    const unsure = new Set(await this.#answers?.keep(startedAtMs, given));
    for (const path of paths) if (unsure.has(path)) this.#unsure.add(path);
    return indexes;
  }
}

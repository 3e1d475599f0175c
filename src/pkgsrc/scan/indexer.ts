import { isPkgPath } from '../name.ts';
import type { PkgPath, ScanRecord } from '../package.ts';
import { parseRecords, RecordStream } from '../record.ts';
import type { Answers, NewAnswer } from './answers.ts';
import type { FarAnswers, FarIndex } from './elsewhere.ts';
import { type IndexRequest, indexPaths, type PathIndex } from './pathindex.ts';

/** Answers for package paths: from an earlier scan where that still holds, else from make, and then kept. */
export class Indexer {
  readonly #request: IndexRequest;
  readonly #answers: Answers | undefined;
  readonly #answered = new Set<PkgPath>();
  /** Their files changed while make read them. */
  readonly #unsure = new Set<PkgPath>();
  /** What other hosts gave and is not to be kept: for this scan it holds. */
  readonly #held = new Map<PkgPath, PathIndex>();
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
    const found = new Map<PkgPath, readonly ScanRecord[]>();
    for (const path of paths) {
      const held = this.#held.get(path);
      if (held?.kind === 'indexed') found.set(path, held.records);
    }
    return this.#answers === undefined
      ? found
      : new Map([...found, ...(await this.#readAnswers(this.#answers, paths))]);
  }

  async #readAnswers(answers: Answers, paths: readonly PkgPath[]): Promise<Map<PkgPath, ScanRecord[]>> {
    const found = new Map<PkgPath, ScanRecord[]>();
    const holding = await answers.holding(paths);
    const stream = new RecordStream({ kind: 'file', path: 'the kept scan' });
    for (const path of paths) if (holding.has(path)) stream.push(answers.text(path) ?? new Uint8Array());
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
    const kept = await this.takeKept(paths);
    const known = new Set(kept.map(({ pkgpath }) => pkgpath));
    const missing = paths.filter((path) => !known.has(path));
    for (const path of missing) this.#answered.add(path);
    return missing.length === 0 ? kept : [...kept, ...(await this.#make(missing))];
  }

  /**
   * What another host gave, as far as it can be understood: the others are as if they had not been asked for. What is proven is kept.
   */
  async takeFar({ indexes, sinceMs, inside }: FarAnswers): Promise<readonly PathIndex[]> {
    const parsed = indexes.flatMap((index) => this.#parseFar(index));
    this.#made += parsed.length;
    const given = listGiven(parsed);
    const isKept = inside !== undefined && this.#answers !== undefined;
    const unsure = new Set(isKept ? await this.#answers?.keep(sinceMs, given, inside) : []);
    for (const index of parsed) {
      this.#answered.add(index.pkgpath);
      if (unsure.has(index.pkgpath)) this.#unsure.add(index.pkgpath);
      if (!isKept) this.#held.set(index.pkgpath, index);
    }
    return parsed;
  }

  #parseFar(index: FarIndex): readonly PathIndex[] {
    if (index.kind === 'failed') return [index];
    const { pkgpath, text } = index;
    const { records, malformed } = parseRecords(text, { kind: 'path', pkgpath }, this.#request.words);
    return malformed.length > 0 || records.length === 0 ? [] : [{ ...index, records }];
  }

  /** Paths whose files have changed since they were answered. Starts the count anew. */
  async takeChanged(): Promise<readonly PkgPath[]> {
    const answered = [...this.#answered];
    const changed = new Set([...((await this.#answers?.changedSince(answered)) ?? []), ...this.#unsure]);
    this.#answered.clear();
    this.#unsure.clear();
    for (const path of changed) if (isPkgPath(path)) this.#held.delete(path);
    return answered.filter((path) => changed.has(path));
  }

  /** Those of the paths that need no make. */
  async takeKept(paths: readonly PkgPath[]): Promise<readonly PathIndex[]> {
    const kept = await this.#indexKept(paths);
    for (const { pkgpath } of kept) this.#answered.add(pkgpath);
    return kept;
  }

  async #indexKept(paths: readonly PkgPath[]): Promise<readonly PathIndex[]> {
    const answers = this.#answers;
    const held = paths.flatMap((path) => this.#held.get(path) ?? []);
    if (answers === undefined) return held;
    const left = paths.filter((path) => !this.#held.has(path));
    const holding = await answers.holding(left);
    const read = left.flatMap((pkgpath): PathIndex[] => {
      const text = holding.has(pkgpath) ? answers.text(pkgpath) : undefined;
      if (text === undefined) return [];
      const source = { kind: 'path', pkgpath } as const;
      const { records, malformed } = parseRecords(Buffer.from(text), source, this.#request.words);
      const isGood = malformed.length === 0 && records.length > 0;
      return isGood ? [{ kind: 'indexed', pkgpath, records, text: Buffer.from(text), makefiles: [] }] : [];
    });
    return [...held, ...read];
  }

  async #make(paths: readonly PkgPath[]): Promise<readonly PathIndex[]> {
    const startedAtMs = Date.now();
    const indexes = await indexPaths(this.#request, paths);
    this.#made += paths.length;
    this.#madeMs += Date.now() - startedAtMs;
    const unsure = new Set(await this.#answers?.keep(startedAtMs, listGiven(indexes)));
    for (const path of paths) if (unsure.has(path)) this.#unsure.add(path);
    return indexes;
  }
}

const listGiven = (indexes: readonly PathIndex[]): readonly NewAnswer[] =>
  indexes.flatMap((index) =>
    index.kind === 'indexed' ? [{ place: index.pkgpath, text: index.text, makefiles: index.makefiles }] : [],
  );

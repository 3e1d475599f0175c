import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AnswerStore, KeptAnswer } from './answerstore.ts';
import { FileDigests } from './filedigests.ts';
import { everyState, packProof, unpackProof } from './proof.ts';
import { listReadFiles } from './readfiles.ts';
import { StateBook } from './statebook.ts';

export interface AnswersRequest {
  readonly store: AnswerStore;
  /** One word for all that answers hang on besides files: make, platform, variables, kit. */
  readonly identity: string;
  readonly pkgsrc: string;
  /** Where a file that make names lies on this host; undefined: only inside the sandbox. */
  readonly hostPath: (path: string) => string | undefined;
  /** Digests of such files, through the eyes of the sandbox; what is not there is left out. */
  readonly digestInside: (paths: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  readonly clock?: () => number;
}

/** What make gave for one place. */
export interface NewAnswer {
  readonly place: string;
  readonly text: Uint8Array;
  /** Every makefile that was read, as make names them. */
  readonly makefiles: readonly string[];
}

/** How many identities stay: some builds of other configs or kits in turn, and what a kernel update left. */
const IDENTITIES_KEPT = 4;
/** Answers looked at in one go; then others have their turn. */
const SLICE = 512;
const PIECES_OPEN = 8;

/**
 * What earlier scans gave, each valid while every file that it was made from has the same content. An answer is kept only
 * when all its files are known to have had, while make read them, the content that their digests say.
 */
export class Answers {
  readonly #request: AnswersRequest;
  readonly #identity: number;
  readonly #kept: Map<string, KeptAnswer>;
  readonly #book: StateBook;
  readonly #files: FileDigests;
  readonly #inside = new Map<string, string | undefined>();
  readonly #pieces = new Map<number, Uint8Array>();
  #keptNew = 0;

  private constructor(request: AnswersRequest) {
    const { store, clock = Date.now } = request;
    this.#request = request;
    const { identity, answers, states } = store.openAnswers(request.identity, clock());
    this.#identity = identity;
    this.#kept = new Map(answers.map((answer) => [answer.place, answer]));
    this.#files = new FileDigests(
      store.fileDigests().map(({ path, look, digest }) => [path, { look, digest }]),
      clock,
    );
    this.#book = new StateBook(states, (path) => this.#digestOf(path));
  }

  static async open(request: AnswersRequest): Promise<Answers> {
    const answers = new Answers(request);
    await answers.#learnInside(answers.#book.paths());
    return answers;
  }

  /** Which of the places have an answer that holds. Gives way to others while it looks. */
  async holding(places: readonly string[]): Promise<ReadonlySet<string>> {
    const holding = new Set<string>();
    for (const [index, place] of places.entries()) {
      if (this.#holds(place)) holding.add(place);
      if (index % SLICE === SLICE - 1) await nextTurn();
    }
    return holding;
  }

  /** What make printed for a place, whether or not it still holds. */
  text(place: string): Uint8Array | undefined {
    const answer = this.#kept.get(place);
    if (answer === undefined) return undefined;
    return this.#piece(answer.piece).subarray(answer.start, answer.start + answer.length);
  }

  /**
   * Keeps what make gave, in one commit, as far as it is proven. `startedAtMs` is when the first of these makes was
   * started. Returns the places whose files changed since then: what make gave for them may be of yesterday. `seen`: of
   * files that only sandboxes have, what make saw, if that was on another host.
   */
  async keep(
    startedAtMs: number,
    given: readonly NewAnswer[],
    seen?: ReadonlyMap<string, string>,
  ): Promise<readonly string[]> {
    const { pkgsrc, store } = this.#request;
    const read = given.map(({ place, makefiles }) => listReadFiles(pkgsrc, place, makefiles));
    const paths = new Set(read.flatMap((list) => list ?? []));
    await this.#learnInside(paths);
    const ids = new Map<string, number>();
    for (const path of paths) {
      const state = this.#prove(path, startedAtMs, seen);
      if (state !== undefined) ids.set(path, state);
    }
    const lines: Omit<KeptAnswer, 'piece'>[] = [];
    const texts: Uint8Array[] = [];
    const unsure: string[] = [];
    let start = 0;
    for (const [index, { place, text }] of given.entries()) {
      const list = read[index];
      const states = list?.flatMap((path) => ids.get(path) ?? []);
      if (list === undefined || states === undefined) continue;
      if (states.length !== list.length) {
        unsure.push(place);
        continue;
      }
      lines.push({ place, start, length: text.length, proof: packProof(states) });
      texts.push(text);
      start += text.length;
    }
    if (lines.length === 0) return unsure;
    const piece = store.keepAnswers({
      identity: this.#identity,
      text: Buffer.concat(texts),
      answers: lines,
      states: this.#book.takeFresh(),
      digests: this.#takeDigests(),
    });
    for (const line of lines) this.#kept.set(line.place, { ...line, piece });
    this.#book.forgetVerdicts();
    this.#keptNew += lines.length;
    return unsure;
  }

  /** Looks at every file again: which of the places do not hold any more, after all that happened since. */
  async changedSince(places: readonly string[]): Promise<readonly string[]> {
    const paths = new Set<string>();
    for (const place of places) {
      for (const state of unpackProof(this.#kept.get(place)?.proof ?? new Uint8Array())) {
        const path = this.#book.pathOf(state);
        if (path !== undefined) paths.add(path);
      }
    }
    let looked = 0;
    for (const path of paths) {
      const there = this.#request.hostPath(path);
      if (there !== undefined) this.#files.refresh(there);
      looked += 1;
      if (looked % SLICE === 0) await nextTurn();
    }
    this.#book.forgetVerdicts();
    const holding = await this.holding(places);
    return places.filter((place) => this.#kept.has(place) && !holding.has(place));
  }

  /** Drops all answers but those of these places. */
  dropOthers(places: ReadonlySet<string>): void {
    const gone = [...this.#kept.keys()].filter((place) => !places.has(place));
    this.#request.store.dropAnswers(this.#identity, gone);
    for (const place of gone) this.#kept.delete(place);
    if (gone.length > 0) this.#keptNew += 1;
  }

  /** Writes what was learnt of files, and lets go what is of no use any more. */
  close(): void {
    this.#request.store.keepFileDigests(this.#takeDigests());
    if (this.#keptNew > 0) this.#request.store.tidyAnswers(IDENTITIES_KEPT, unpackProof);
    this.#pieces.clear();
  }

  #holds(place: string): boolean {
    const answer = this.#kept.get(place);
    if (answer === undefined) return false;
    return everyState(answer.proof, (state) => this.#book.holds(state));
  }

  #digestOf(path: string): string | undefined {
    const there = this.#request.hostPath(path);
    return there === undefined ? this.#inside.get(path) : this.#files.see(there).digest;
  }

  /** The state of a file that has not changed since then; undefined when that is not sure. */
  #prove(path: string, sinceMs: number, seen: ReadonlyMap<string, string> | undefined): number | undefined {
    const there = this.#request.hostPath(path);
    if (there === undefined) {
      const digest = this.#inside.get(path);
      if (digest === undefined || (seen !== undefined && seen.get(path) !== digest)) return undefined;
      return this.#book.number(path, digest);
    }
    const { digest, changedByMs } = this.#files.refresh(there);
    return digest === undefined || changedByMs > sinceMs ? undefined : this.#book.number(path, digest);
  }

  /** Files that only the sandbox sees do not change while it is there: it is asked once for each. */
  async #learnInside(paths: Iterable<string>): Promise<void> {
    const unknown = [...paths].filter(
      (path) => !this.#inside.has(path) && this.#request.hostPath(path) === undefined,
    );
    if (unknown.length === 0) return;
    const digests = await this.#request.digestInside(unknown);
    for (const path of unknown) this.#inside.set(path, digests.get(path));
  }

  #piece(number: number): Uint8Array {
    const open = this.#pieces.get(number) ?? this.#request.store.readPiece(number);
    this.#pieces.delete(number);
    this.#pieces.set(number, open);
    const [oldest] = this.#pieces.keys();
    if (this.#pieces.size > PIECES_OPEN && oldest !== undefined) this.#pieces.delete(oldest);
    return open;
  }

  #takeDigests(): readonly { readonly path: string; readonly look: string; readonly digest: string }[] {
    return this.#files.takeChanged().map(([path, known]) => ({ path, ...known }));
  }
}

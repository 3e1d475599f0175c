import type { FileState } from './answerstore.ts';

/** States by number, and whether each still holds. */
export class StateBook {
  readonly #byId: (FileState | undefined)[] = [];
  readonly #byPath = new Map<string, Map<string, FileState>>();
  readonly #digestOf: (path: string) => string | undefined;
  /** 0: not looked at yet, 1: holds, 2: does not. */
  #verdicts = new Uint8Array(0);
  #fresh: FileState[] = [];

  /** `digestOf` says what a file has now, undefined for one that is not there. */
  constructor(states: readonly FileState[], digestOf: (path: string) => string | undefined) {
    this.#digestOf = digestOf;
    for (const state of states) this.#enter(state);
    this.forgetVerdicts();
  }

  /** Looks at each state once, until `forgetVerdicts`. */
  holds(id: number): boolean {
    const known = this.#verdicts[id];
    if (known === 1 || known === 2) return known === 1;
    const state = this.#byId[id];
    const holds = state !== undefined && this.#digestOf(state.path) === state.digest;
    if (id >= 0 && id < this.#verdicts.length) this.#verdicts[id] = holds ? 1 : 2;
    return holds;
  }

  forgetVerdicts(): void {
    this.#verdicts = new Uint8Array(this.#byId.length);
  }

  pathOf(id: number): string | undefined {
    return this.#byId[id]?.path;
  }

  /** The number of a state, a new one where it has none. */
  number(path: string, digest: string): number {
    const known = this.#byPath.get(path)?.get(digest);
    if (known !== undefined) return known.id;
    // 0 is given to nobody: the distance from it to the first of a proof is that number.
    const state = { id: Math.max(1, this.#byId.length), path, digest };
    this.#enter(state);
    this.#fresh.push(state);
    return state.id;
  }

  /** Every path that a state speaks of. */
  paths(): Iterable<string> {
    return this.#byPath.keys();
  }

  /** States that were numbered since the last call. */
  takeFresh(): readonly FileState[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }

  #enter(state: FileState): void {
    this.#byId[state.id] = state;
    const digests = this.#byPath.get(state.path);
    if (digests === undefined) this.#byPath.set(state.path, new Map([[state.digest, state]]));
    else digests.set(state.digest, state);
  }
}

/** A file or directory with one content, numbered. */
export interface FileState {
  readonly id: number;
  readonly path: string;
  readonly digest: string;
}

/** What a scan gave for one place, as a cut of a text that it shares with its neighbours. */
export interface KeptAnswer {
  readonly place: string;
  readonly piece: number;
  readonly start: number;
  readonly length: number;
  /** Packed numbers of states. */
  readonly proof: Uint8Array;
}

interface KeptDigest {
  readonly path: string;
  readonly look: string;
  readonly digest: string;
}

/** Where answers of scans are kept between builds: tables of the agent's store. */
export interface AnswerStore {
  openAnswers(
    identity: string,
    nowMs: number,
  ): {
    readonly identity: number;
    readonly answers: readonly KeptAnswer[];
    readonly states: readonly FileState[];
  };
  fileDigests(): readonly KeptDigest[];
  keepFileDigests(digests: readonly KeptDigest[]): void;
  readPiece(piece: number): Uint8Array;
  /** One commit. Gives the number of the piece that the text became. */
  keepAnswers(kept: {
    readonly identity: number;
    readonly text: Uint8Array;
    readonly answers: readonly Omit<KeptAnswer, 'piece'>[];
    readonly states: readonly FileState[];
    readonly digests: readonly KeptDigest[];
  }): number;
  dropAnswers(identity: number, places: readonly string[]): void;
  tidyAnswers(keep: number, usedStates: (proof: Uint8Array) => Iterable<number>): void;
}

import type { Sha256 } from '../sha256.ts';
import { expectAnswer } from '../thread/answers.ts';
import { type Answer, blockBytes, blockCount } from '../thread/orders.ts';
import type { Thread, ThreadPool } from '../thread/pool.ts';

export interface IntakeOptions {
  readonly root: string;
  readonly expected: Sha256 | undefined;
  readonly maxBytes: number;
  /** The blob is in the store now. */
  readonly onStored: (sha256: Sha256, sizeBytes: number) => void;
  /** It is over, whatever came of it. */
  readonly onEnd: () => void;
}

/** What became of a blob that came in pieces. `mismatch`: it is not what it should be, and nothing is left of it. */
export type Committed =
  | { readonly kind: 'stored'; readonly sha256: Sha256; readonly sizeBytes: number }
  | { readonly kind: 'mismatch'; readonly sha256: Sha256; readonly sizeBytes: number };

/**
 * A blob on its way into the store. Bytes are copied into memory that a thread hashes and writes from, a few blocks ahead of it:
 * whoever brings them faster waits. Ends with the first `commit` or `close`.
 */
export class Intake {
  readonly #pool: ThreadPool;
  readonly #thread: Thread;
  readonly #options: IntakeOptions;
  readonly #blocks: SharedArrayBuffer;
  readonly #memory: Uint8Array;
  readonly #free = Array.from({ length: blockCount }, (_, index) => index);
  #id = 0;
  /** The block that is being filled, and how far. */
  #block: number | undefined;
  #filled = 0;
  #sizeBytes = 0;
  #isStuck = false;
  #isOver = false;
  #wake: (() => void) | undefined;

  private constructor(pool: ThreadPool, options: IntakeOptions) {
    this.#pool = pool;
    this.#options = options;
    this.#thread = pool.choose();
    this.#blocks = pool.takeBlocks();
    this.#memory = new Uint8Array(this.#blocks);
  }

  /**
   * Takes up what came of the blob before, when its hash is known.
   * @throws {BulkmeshError} ARTEFACT_IO, ARTEFACT_DISK_FULL
   */
  static async open(pool: ThreadPool, options: IntakeOptions): Promise<Intake> {
    const intake = new Intake(pool, options);
    try {
      await intake.#start();
      return intake;
    } catch (error) {
      intake.#release();
      throw error;
    }
  }

  /** How much of it is there, what came earlier included. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Nothing more is written. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  /** Resolves when more may come; false: nothing more is written, and `commit` says why. */
  async write(bytes: Uint8Array): Promise<boolean> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#block === undefined) this.#block = await this.#awaitBlock();
      if (this.#block === undefined || this.#isStuck) return false;
      const piece = bytes.subarray(at, at + blockBytes - this.#filled);
      this.#memory.set(piece, this.#block * blockBytes + this.#filled);
      this.#filled += piece.length;
      this.#sizeBytes += piece.length;
      at += piece.length;
      if (this.#filled === blockBytes) this.#postBlock();
    }
    return !this.#isStuck;
  }

  /**
   * All of it has come. The blob is in the store, durably, when it is right.
   * @throws {BulkmeshError} ARTEFACT_DISK_FULL, ARTEFACT_IO
   */
  async commit(): Promise<Committed> {
    const done = expectAnswer(await this.#end('commit'), 'stored', 'mismatch');
    if (done.kind === 'stored') this.#options.onStored(done.sha256, done.sizeBytes);
    return done;
  }

  /** No more will come now. `keep`: what is there is of use to who tries again. Never throws. */
  async close(how: 'keep' | 'discard'): Promise<void> {
    await this.#end(how);
  }

  /** Forgets what came, to begin anew. */
  async restart(): Promise<void> {
    this.#postBlock();
    expectAnswer(await this.#ask('restartIntake'), 'intakeOpened');
    this.#sizeBytes = 0;
    this.#isStuck = false;
  }

  async #start(): Promise<void> {
    this.#id = this.#thread.listen({
      onFree: (block) => this.#hearFree(block),
      onStuck: () => this.#hearStuck(),
    });
    const { root, expected, maxBytes } = this.#options;
    const spec = { root, expected, maxBytes, blocks: this.#blocks };
    const answer = await this.#thread.ask({ kind: 'openIntake', intake: this.#id, spec });
    this.#sizeBytes = expectAnswer(answer, 'intakeOpened').offsetBytes;
  }

  #ask(kind: 'restartIntake'): Promise<Answer> {
    return this.#thread.ask({ kind, intake: this.#id });
  }

  async #end(how: 'commit' | 'keep' | 'discard'): Promise<Answer> {
    if (this.#isOver) return { kind: 'failed', code: 'EBADF', message: 'the intake is over' };
    this.#isOver = true;
    this.#postBlock();
    const answer = await this.#thread.ask({ kind: 'endIntake', intake: this.#id, how });
    this.#release();
    return answer;
  }

  #release(): void {
    this.#thread.unlisten(this.#id);
    this.#options.onEnd();
    this.#pool.giveBlocks(this.#blocks);
  }

  #postBlock(): void {
    const block = this.#block;
    if (block === undefined) return;
    this.#thread.post({ kind: 'block', intake: this.#id, block, bytes: this.#filled });
    this.#block = undefined;
    this.#filled = 0;
  }

  async #awaitBlock(): Promise<number | undefined> {
    while (this.#free.length === 0 && !this.#isStuck) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#isStuck ? undefined : this.#free.pop();
  }

  #hearFree(block: number): void {
    this.#free.push(block);
    this.#wake?.();
    this.#wake = undefined;
  }

  #hearStuck(): void {
    this.#isStuck = true;
    this.#wake?.();
    this.#wake = undefined;
  }
}

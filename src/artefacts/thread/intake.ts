import { createHash, type Hash } from 'node:crypto';
import { closeSync, constants, fdatasync, fstatSync, ftruncateSync, lstatSync, openSync } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';
import { promisify } from 'node:util';
import { messageOf } from '../../errors.ts';
import { parseSha256 } from '../sha256.ts';
import { type Layout, layoutOf, partFile } from '../store/layout.ts';
import { codeOf, moveIn, readPieces, removeFile, seal, writeAll } from './files.ts';
import { type Answer, blockBytes, type IntakeSpec } from './orders.ts';
import { temporaryFile } from './temporary.ts';

/** A blob that comes in pieces: hashed while it is written, and given its name when all of it is there and right. */
export class ThreadIntake {
  readonly #layout: Layout;
  readonly #spec: IntakeSpec;
  readonly #path: string;
  readonly #fd: number;
  #hash: Hash = createHash('sha256');
  #sizeBytes = 0;
  #failure: Answer | undefined;
  /** Written since the disk was last told to take it, and whether it is at that. */
  #looseBytes = 0;
  #flushing: Promise<void> | undefined;

  constructor(spec: IntakeSpec) {
    this.#spec = spec;
    this.#layout = layoutOf(spec.root);
    const { expected } = spec;
    this.#path = expected === undefined ? temporaryFile(this.#layout) : partFile(this.#layout, expected);
    this.#fd = openPart(this.#path);
  }

  /** Takes up what came earlier; returns how much that is. */
  async resume(): Promise<number> {
    if (fstatSync(this.#fd).size > this.#spec.maxBytes) this.restart();
    for (const piece of readPieces(this.#fd)) {
      this.#hash.update(piece);
      this.#sizeBytes += piece.length;
      await breathe();
    }
    return this.#sizeBytes;
  }

  restart(): void {
    ftruncateSync(this.#fd, 0);
    // Writes go to the end of the file, wherever it is.
    this.#hash = createHash('sha256');
    this.#sizeBytes = 0;
    this.#failure = undefined;
  }

  /** False when it could not be written. */
  write(block: number, bytes: number): boolean {
    if (this.#failure !== undefined) return false;
    const piece = new Uint8Array(this.#spec.blocks, block * blockBytes, bytes);
    try {
      if (this.#sizeBytes + bytes > this.#spec.maxBytes) {
        throw Object.assign(new Error(`more than ${this.#spec.maxBytes} bytes`), { code: 'EFBIG' });
      }
      writeAll(this.#fd, piece);
      this.#hash.update(piece);
      this.#sizeBytes += bytes;
      this.#looseBytes += bytes;
      if (this.#looseBytes >= looseBytesMax) this.#flushing ??= this.#flush();
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  async end(how: 'commit' | 'keep' | 'discard'): Promise<Answer> {
    await this.#flushing;
    if (how === 'commit') await this.#flush();
    try {
      // After a failed write nobody knows what is in the file.
      if (how === 'discard' || this.#failure !== undefined) {
        removeFile(this.#path);
        return how === 'commit' && this.#failure !== undefined ? this.#failure : { kind: 'finished' };
      }
      return how === 'keep' ? { kind: 'finished' } : this.#commit();
    } finally {
      closeSync(this.#fd);
    }
  }

  /** Has the disk take what has been written, beside what is being written: at the end it would all come at once, and be waited for. */
  async #flush(): Promise<void> {
    this.#looseBytes = 0;
    try {
      await sync(this.#fd);
    } catch (error) {
      // It is told once: the next try would say that all is well.
      this.#fail(error);
    }
    this.#flushing = undefined;
  }

  #fail(error: unknown): void {
    this.#failure ??= { kind: 'failed', code: codeOf(error), message: messageOf(error) };
  }

  #commit(): Answer {
    const sha256 = parseSha256(this.#hash.digest('hex'));
    const sizeBytes = this.#sizeBytes;
    if (sha256 === undefined) throw new TypeError('a hash is no hash');
    if (this.#spec.expected !== undefined && sha256 !== this.#spec.expected) {
      removeFile(this.#path);
      return { kind: 'mismatch', sha256, sizeBytes };
    }
    seal(this.#fd);
    moveIn(this.#layout, { fd: this.#fd, path: this.#path }, sha256);
    return { kind: 'stored', sha256, sizeBytes, isLinked: false };
  }
}

const looseBytesMax = 2 ** 25;
const sync = promisify(fdatasync);

/**
 * Opens the file of a part, made when it is not there. What is no plain file, or has another name somewhere, is not ours to write to:
 * it is taken away first.
 */
const openPart = (path: string): number => {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats !== undefined && (!stats.isFile() || stats.nlink !== 1)) removeFile(path);
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND;
  return openSync(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
};

import type { FileHandle } from 'node:fs/promises';
import { constants, open, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { BulkmeshError, messageOf } from '../../errors.ts';
import { findForeignStep } from '../../files.ts';
import { type ArtefactLimits, defaultArtefactLimits } from '../limits.ts';
import { parseSha256, type Sha256 } from '../sha256.ts';
import { expectAnswer } from '../thread/answers.ts';
import type { NewBlob, Placement } from '../thread/orders.ts';
import { ThreadPool } from '../thread/pool.ts';
import { Disk, type Reservation, type Room } from './disk.ts';
import { Intake } from './intake.ts';
import { blobFile, type Layout, layoutOf } from './layout.ts';
import { BlobTable } from './table.ts';

/** Why a blob is gone that was here. `corrupt`: its bytes were others, and lie in quarantine. */
export type Loss = 'missing' | 'corrupt';

export interface StoreOptions {
  /** A directory that nobody else uses, of this account. */
  readonly root: string;
  readonly limits?: ArtefactLimits;
  /** A blob that the store had is not there any more, by no wish of the caller. */
  readonly onLost?: (sha256: Sha256, loss: Loss) => void;
  /** What lay in the store that no store makes; it has been moved aside. */
  readonly onOdd?: (path: string) => void;
}

export interface BlobRef {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
}

/** A blob that is open for reading; whoever asked for it closes the handle. */
export interface OpenBlob extends BlobRef {
  readonly handle: FileHandle;
}

/**
 * Files by the hash of their bytes, on this host's disk. A blob is there whole, right and durable, or not at all, whenever the agent or
 * the host dies. Blobs of earlier lives are hashed at their first use, those of this life were when they came. Threads
 * do the reading, hashing and writing, so the agent's own never waits for them. One agent at a time: its state directory has the lock.
 */
export class BlobStore {
  readonly root: string;
  readonly limits: ArtefactLimits;
  readonly threads: ThreadPool;
  readonly #layout: Layout;
  readonly #options: StoreOptions;
  readonly #disk: Disk;
  readonly #table = new BlobTable();
  /** Blobs that are coming in pieces now. */
  readonly #coming = new Set<Sha256>();
  readonly #checks = new Map<Sha256, Promise<boolean>>();
  #quarantined = 0;

  private constructor(options: StoreOptions) {
    this.#options = options;
    this.root = options.root;
    this.limits = options.limits ?? defaultArtefactLimits;
    this.#layout = layoutOf(options.root);
    this.#disk = new Disk(options.root, this.limits);
    this.threads = new ThreadPool(this.limits.threads);
  }

  /**
   * Opens the store, made when it is not there; removes what a crash left.
   * @throws {BulkmeshError} ARTEFACT_ROOT_NOT_SAFE, ARTEFACT_IO, ARTEFACT_DISK_FULL
   */
  static async open(options: StoreOptions): Promise<BlobStore> {
    const foreign = findForeignStep(options.root, [0, process.geteuid?.() ?? 0]);
    if (foreign !== undefined) {
      throw new BulkmeshError('ARTEFACT_ROOT_NOT_SAFE', `others can swap ${foreign} for something else`, {
        hint: `let the files lie elsewhere, or take the rights of other accounts to ${foreign} away`,
      });
    }
    const store = new BlobStore(options);
    try {
      await store.#load();
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  has(sha256: Sha256): boolean {
    return this.#table.get(sha256) !== undefined;
  }

  sizeOf(sha256: Sha256): number | undefined {
    return this.#table.get(sha256)?.sizeBytes;
  }

  /** All that is here, by name. */
  list(): readonly Sha256[] {
    return this.#table.list();
  }

  /** All that is here, what was used longest ago first. */
  listByUse(): readonly Sha256[] {
    return this.#table.listByUse();
  }

  /** Which of these are here, of the size that they should have; one of another size is put in quarantine. */
  async confirm(refs: readonly BlobRef[]): Promise<readonly Sha256[]> {
    const here: Sha256[] = [];
    for (const { sha256, sizeBytes } of refs) {
      const size = this.sizeOf(sha256);
      if (size === sizeBytes) here.push(sha256);
      else if (size !== undefined) await this.#lose(sha256, 'corrupt');
    }
    return here;
  }

  /** True when the blob is here and right; hashes it unless that has been done in this life. */
  check(sha256: Sha256): Promise<boolean> {
    const entry = this.#table.get(sha256);
    return entry === undefined || entry.isChecked
      ? Promise.resolve(entry !== undefined)
      : this.recheck(sha256);
  }

  /** As `check`, and hashes it in any case. Many who ask at once wait for one reading, but not for a slow one. */
  recheck(sha256: Sha256, bytesPerSecond?: number): Promise<boolean> {
    if (bytesPerSecond !== undefined) return this.#hashBlob(sha256, bytesPerSecond);
    const running = this.#checks.get(sha256);
    if (running !== undefined) return running;
    const check = this.#hashBlob(sha256, undefined).finally(() => this.#checks.delete(sha256));
    this.#checks.set(sha256, check);
    return check;
  }

  /** Where a blob lies, to be read only; whether it is there or not. */
  pathOf(sha256: Sha256): string {
    return blobFile(this.#layout, sha256);
  }

  /** Undefined when it is not here, or is not what it was. @throws {BulkmeshError} ARTEFACT_IO */
  async openBlob(sha256: Sha256): Promise<OpenBlob | undefined> {
    const isHere = await this.check(sha256);
    const entry = this.#table.get(sha256);
    if (!isHere || entry === undefined) return undefined;
    const handle = await open(blobFile(this.#layout, sha256), readPlain).catch(() => undefined);
    const stats = await handle?.stat();
    if (handle === undefined || stats?.isFile() !== true || stats.size !== entry.sizeBytes) {
      await handle?.close();
      await this.#lose(sha256, handle === undefined ? 'missing' : 'corrupt');
      return undefined;
    }
    this.#table.touch(sha256);
    return { sha256, sizeBytes: entry.sizeBytes, handle };
  }

  /**
   * All bytes of a blob that is to have at most so many; undefined when it is not here or has more.
   * @throws {BulkmeshError} ARTEFACT_IO
   */
  async readBlob(sha256: Sha256, maxBytes: number): Promise<Buffer | undefined> {
    const blob = await this.openBlob(sha256);
    if (blob === undefined) return undefined;
    await using handle = blob.handle;
    return blob.sizeBytes > maxBytes ? undefined : handle.readFile();
  }

  /** @throws {BulkmeshError} ARTEFACT_DISK_FULL, ARTEFACT_IO */
  async addBytes(bytes: Uint8Array): Promise<BlobRef> {
    return this.addStream([bytes], bytes.length);
  }

  /**
   * Stores what comes, which may be at most so many bytes.
   * @throws {BulkmeshError} ARTEFACT_TOO_LARGE, ARTEFACT_DISK_FULL, ARTEFACT_IO, and what the source throws
   */
  async addStream(
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    maxBytes: number,
  ): Promise<BlobRef> {
    const intake = await this.#takeIn(undefined, maxBytes);
    try {
      for await (const chunk of source) {
        if (intake.sizeBytes + chunk.length > maxBytes) throw tooLarge(maxBytes);
        if (!(await intake.write(chunk))) break;
      }
    } catch (error) {
      await intake.close('discard');
      throw error;
    }
    const { sha256, sizeBytes } = await intake.commit();
    return { sha256, sizeBytes };
  }

  /**
   * Takes in a file from elsewhere. `mayLink`: nobody will ever write to it, so on one file system a second name for it does,
   * and no second copy is made. Undefined when it is not what was expected.
   * @throws {BulkmeshError} ARTEFACT_NOT_A_FILE, ARTEFACT_DISK_FULL, ARTEFACT_IO
   */
  async addFile(
    path: string,
    { mayLink, expected }: { readonly mayLink: boolean; readonly expected?: Sha256 },
  ): Promise<(BlobRef & { readonly isLinked: boolean }) | undefined> {
    const { root } = this.#options;
    const answer = await this.threads.ask({ kind: 'adoptFile', root, path, mayLink, expected });
    const done = expectAnswer(answer, 'stored', 'mismatch');
    if (done.kind === 'mismatch') return undefined;
    this.#note(done.sha256, done.sizeBytes);
    return { sha256: done.sha256, sizeBytes: done.sizeBytes, isLinked: done.isLinked };
  }

  /**
   * Stores many small blobs at once; of each in turn, whether it is what it should be.
   * @throws {BulkmeshError} ARTEFACT_DISK_FULL, ARTEFACT_IO
   */
  async addMany(blobs: readonly NewBlob[]): Promise<readonly boolean[]> {
    const { root } = this.#options;
    const { isRight } = expectAnswer(await this.threads.ask({ kind: 'putBlobs', root, blobs }), 'put');
    blobs.forEach(({ sha256, bytes }, index) => {
      if (isRight[index] === true) this.#note(sha256, bytes.length);
    });
    return isRight;
  }

  /** To be written in pieces, from where an earlier try left off. One at a time for each blob. */
  receive(sha256: Sha256, maxBytes: number): Promise<Intake> {
    return this.#takeIn(sha256, maxBytes);
  }

  /**
   * Gives a blob a name outside the store, whole or not at all; false when the blob is not here.
   * @throws {BulkmeshError} ARTEFACT_DISK_FULL, ARTEFACT_IO
   */
  async place(sha256: Sha256, place: Placement): Promise<boolean> {
    if (!(await this.check(sha256))) return false;
    const blob = blobFile(this.#layout, sha256);
    expectAnswer(await this.threads.ask({ kind: 'placeBlob', blob, place }), 'finished');
    this.#table.touch(sha256);
    return true;
  }

  /** Removes a blob from the store; other names of the file stay. False when it was not there. */
  async drop(sha256: Sha256): Promise<boolean> {
    if (!this.#table.delete(sha256)) return false;
    await unlink(blobFile(this.#layout, sha256)).catch(() => undefined);
    return true;
  }

  /**
   * Removes what was used longest ago, as long as the disk wants room, of the blobs that the caller lets go: neither of use to what
   * runs, nor the last copy. Parts of blobs that nobody is fetching go before all of them. Returns what went.
   * @throws {BulkmeshError} ARTEFACT_IO
   */
  async evict(mayGo: (sha256: Sha256) => boolean): Promise<readonly BlobRef[]> {
    const gone: BlobRef[] = [];
    if ((await this.room()).level !== 'plenty') await this.#dropParts();
    for (const sha256 of this.#table.listByUse()) {
      const sizeBytes = this.sizeOf(sha256);
      if (sizeBytes === undefined || !mayGo(sha256)) continue;
      // Measured each time: a file that has another name elsewhere makes no room.
      if ((await this.room()).level === 'plenty') break;
      if (await this.drop(sha256)) gone.push({ sha256, sizeBytes });
    }
    return gone;
  }

  /** @throws {BulkmeshError} ARTEFACT_IO */
  async room(): Promise<Room> {
    return this.#disk.room().catch(failMeasure);
  }

  /** Keeps room for a file that is to come; undefined when there is none. @throws {BulkmeshError} ARTEFACT_IO */
  async reserve(bytes: number): Promise<Reservation | undefined> {
    return this.#disk.reserve(bytes).catch(failMeasure);
  }

  /** Ends the threads. What was under way is taken up, or swept away, by the next start. */
  async close(): Promise<void> {
    await this.threads.close();
  }

  async #load(): Promise<void> {
    const { root, onOdd } = this.#options;
    const { partKeepMs, quarantineMax } = this.limits;
    const answer = await this.threads.ask({ kind: 'openRoot', root, partKeepMs, quarantineMax });
    const { names, sizesBytes, usedAtMs, odd } = expectAnswer(answer, 'opened');
    names.forEach((name, index) => {
      const sha256 = parseSha256(name);
      if (sha256 === undefined) return;
      const entry = { sizeBytes: sizesBytes[index] ?? 0, usedAtMs: usedAtMs[index] ?? 0, isChecked: false };
      this.#table.set(sha256, entry);
    });
    for (const path of odd) onOdd?.(path);
  }

  async #dropParts(): Promise<void> {
    const { parts } = this.#layout;
    for (const name of await readdir(parts).catch(() => [])) {
      const sha256 = parseSha256(name);
      if (sha256 !== undefined && !this.#coming.has(sha256))
        await unlink(join(parts, name)).catch(() => undefined);
    }
  }

  #takeIn(expected: Sha256 | undefined, maxBytes: number): Promise<Intake> {
    const { root } = this.#options;
    const onStored = (sha256: Sha256, sizeBytes: number): void => this.#note(sha256, sizeBytes);
    const onEnd = (): void => {
      if (expected !== undefined) this.#coming.delete(expected);
    };
    if (expected !== undefined) this.#coming.add(expected);
    return Intake.open(this.threads, { root, expected, maxBytes, onStored, onEnd });
  }

  #note(sha256: Sha256, sizeBytes: number): void {
    this.#table.set(sha256, { sizeBytes, usedAtMs: Date.now(), isChecked: true });
  }

  async #hashBlob(sha256: Sha256, bytesPerSecond: number | undefined): Promise<boolean> {
    const entry = this.#table.get(sha256);
    if (entry === undefined) return false;
    const path = blobFile(this.#layout, sha256);
    const order = { kind: 'hashFile', path, algorithms: ['sha256'], bytesPerSecond } as const;
    const answer = await this.threads.ask(order);
    if (answer.kind === 'hashed') {
      const isRight = answer.digests[0] === sha256;
      if (isRight) entry.isChecked = true;
      else await this.#lose(sha256, 'corrupt');
      return isRight;
    }
    if (answer.kind === 'failed' && lossCodes.has(answer.code)) {
      await this.#lose(sha256, answer.code === 'ENOENT' ? 'missing' : 'corrupt');
      return false;
    }
    expectAnswer(answer, 'hashed');
    return false;
  }

  async #lose(sha256: Sha256, loss: Loss): Promise<void> {
    if (!this.#table.delete(sha256)) return;
    const path = blobFile(this.#layout, sha256);
    const { quarantine } = this.#layout;
    this.#quarantined += 1;
    if (this.#quarantined > this.limits.quarantineMax) await unlink(path).catch(() => undefined);
    else await rename(path, join(quarantine, `${sha256}-${Date.now()}`)).catch(() => undefined);
    this.#options.onLost?.(sha256, loss);
  }
}

const readPlain = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The file is not there, is something else, or the disk cannot read it back. */
const lossCodes: ReadonlySet<string> = new Set(['ENOENT', 'ELOOP', 'ENOTFILE', 'ENOTDIR', 'EIO', 'ENXIO']);

const tooLarge = (maxBytes: number): BulkmeshError =>
  new BulkmeshError('ARTEFACT_TOO_LARGE', `a file of more than ${maxBytes} bytes`);

const failMeasure = (error: unknown): never => {
  throw new BulkmeshError('ARTEFACT_IO', `cannot measure the disk: ${messageOf(error)}`, { cause: error });
};

import { statfsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { runTool, toolPath } from '../process.ts';
import type { Storage } from './build.ts';

/** Measures what a sandbox has written, as rarely as can be: to count files takes time, to ask for free room does not. */
export class WrittenMeter {
  readonly #layersDir: string;
  readonly #init: number;
  readonly #storage: Storage;
  #writtenBytes = 0;
  /** When it was last counted; before the first time, when nothing was written yet. */
  #freeBytes: number;

  /** To be made before anything runs inside. `init`: the first process of the sandbox. Throws what the file system throws. */
  constructor(layersDir: string, init: number, storage: Storage) {
    this.#layersDir = layersDir;
    this.#init = init;
    this.#storage = storage;
    const { bavail, bsize } = statfsSync(layersDir);
    this.#freeBytes = bavail * bsize;
  }

  /**
   * Bytes that were written and are still there; at least half of what is missing to `limitBytes` may not be counted yet.
   * Throws what the file system throws.
   */
  async measure(limitBytes: number): Promise<number> {
    if (this.#storage === 'tmpfs') {
      // The layers are on a file system of their own, which the root shows the room of.
      const { blocks, bfree, bsize } = await statfs(`/proc/${this.#init}/root`);
      return (blocks - bfree) * bsize;
    }
    const { bavail, bsize } = await statfs(this.#layersDir);
    const freeBytes = bavail * bsize;
    const isNear = this.#freeBytes - freeBytes > (limitBytes - this.#writtenBytes) / 2;
    if (!isNear) return this.#writtenBytes;
    // Without root it cannot look into each directory, and says what it could count.
    const { stdout } = await runTool([toolPath('du'), '-skx', '--', this.#layersDir]);
    const kibibytes = Number(/^(\d+)\s/.exec(stdout)?.[1] ?? 0);
    this.#freeBytes = freeBytes;
    this.#writtenBytes = kibibytes * 1024;
    return this.#writtenBytes;
  }
}

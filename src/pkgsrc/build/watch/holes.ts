import { runBounded } from '../../../sandbox/process.ts';
import { splitLogRoom } from '../logcut.ts';

const BLOCK_BYTES = 4096;
const PUNCH_MS_MAX = 30_000;

/**
 * Keeps the room that a log takes on the disk bounded while programs append to it: what lies between its first and its last
 * bytes is given back, in pieces, and its length still counts all that was printed.
 */
export class LogHoles {
  readonly #headBytes: number;
  readonly #tailBytes: number;
  /** Start a program for no less. */
  readonly #stepBytes: number;
  #punchedBytes: number;
  #canPunch = process.platform === 'linux';

  constructor(logBytesMax: number) {
    const { headBytes, tailBytes } = splitLogRoom(logBytesMax);
    this.#stepBytes = Math.max(BLOCK_BYTES, Math.floor(logBytesMax / 16));
    this.#headBytes = headBytes;
    // What is printed until the next look, and while room is given back, takes room too.
    this.#tailBytes = tailBytes;
    this.#punchedBytes = headBytes;
  }

  /** False where the file system, or this kind of host, cannot give back room in a file. */
  get canPunch(): boolean {
    return this.#canPunch;
  }

  isDue(logBytes: number): boolean {
    return this.#canPunch && logBytes - this.#tailBytes - this.#punchedBytes >= this.#stepBytes;
  }

  /** Gives back what is due. `fd` is the agent's own descriptor of the log. Never rejects. */
  async punch(fd: number, logBytes: number): Promise<void> {
    const start = Math.ceil(Math.max(this.#headBytes, this.#punchedBytes) / BLOCK_BYTES) * BLOCK_BYTES;
    const end = Math.floor((logBytes - this.#tailBytes) / BLOCK_BYTES) * BLOCK_BYTES;
    if (end <= start) return;
    // By a descriptor that the program inherits: no name that somebody could have given to another file, and no number
    // that is another file's when the command has ended meanwhile and its log is closed.
    const words = ['--punch-hole', '--keep-size', '--offset', String(start), '--length', String(end - start)];
    const done = await runBounded(['fallocate', ...words, '/proc/self/fd/0'], PUNCH_MS_MAX, fd);
    if (done.ok) this.#punchedBytes = end;
    else this.#canPunch = false;
  }
}

import { hash } from 'node:crypto';
import { type BigIntStats, readdirSync, statSync } from 'node:fs';
import { readPlainFile } from '../../files.ts';

/** What is kept of a file between scans. */
export interface KnownDigest {
  /** Size, times, inode and device in one word: while they are the same, so is the digest. */
  readonly look: string;
  readonly digest: string;
}

/** A file or a directory as it is now. */
export interface Sight {
  /** sha256, hexadecimal: of the bytes of a file, of the names in a directory. Undefined: it is not there. */
  readonly digest: string | undefined;
  /**
   * Bytes, name and inode have not changed after this, Unix milliseconds by the clock of its file system; 0 when it is
   * not there.
   */
  readonly changedByMs: number;
}

/** Time stamps of some file systems are as coarse as this; what changed so lately may change again and look the same. */
const COARSE_MS = 2000;
/** Of those that count nanoseconds, but only at each tick of the kernel's clock. */
const FINE_MS = 20;
const ABSENT: Sight = { digest: undefined, changedByMs: 0 };
/** Names that come and go beside makefiles, and that none of them asks for. */
const PASSING_NAME = /^(\.|#|CVS$|work(\.|$))|~$/;

/**
 * Content digests of files of this host, each file read once for as long as it looks the same. Times alone are never
 * proof: change time and inode, which nobody can set, are part of the look, and a file that changed
 * within two seconds before it was read is read again the next time (what git calls racily clean).
 *
 * A path that ends in a slash is a directory, and its content the set of the names in it: with a new options.mk, make may
 * read more than it did.
 */
export class FileDigests {
  readonly #known: Map<string, KnownDigest>;
  readonly #changed = new Map<string, KnownDigest>();
  readonly #seen = new Map<string, Sight>();
  readonly #clock: () => number;

  constructor(known: Iterable<readonly [string, KnownDigest]>, clock: () => number = Date.now) {
    this.#known = new Map(known);
    this.#clock = clock;
  }

  /** As it was when this object first saw it, which `refresh` makes anew. */
  see(path: string): Sight {
    return this.#seen.get(path) ?? this.refresh(path);
  }

  /** Looks at it again. */
  refresh(path: string): Sight {
    const sight = this.#look(path);
    this.#seen.set(path, sight);
    return sight;
  }

  /** What was learnt since the last call and is worth keeping. */
  takeChanged(): readonly (readonly [string, KnownDigest])[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  #look(path: string): Sight {
    const stats = statQuietly(path);
    const isWanted = path.endsWith('/') ? stats?.isDirectory() : stats?.isFile();
    if (stats === undefined || isWanted !== true) return ABSENT;
    const look = lookOf(stats);
    const changedAtMs = Number((stats.mtimeNs > stats.ctimeNs ? stats.mtimeNs : stats.ctimeNs) / 1_000_000n);
    const changedByMs = changedAtMs + (stats.ctimeNs % 1_000_000n === 0n ? COARSE_MS : FINE_MS);
    const known = this.#known.get(path);
    if (known?.look === look) return { digest: known.digest, changedByMs };
    const readAtMs = this.#clock();
    const digest = digestQuietly(path);
    const after = statQuietly(path);
    if (digest === undefined || after === undefined) return ABSENT;
    if (lookOf(after) !== look) return { digest, changedByMs: Number.POSITIVE_INFINITY };
    // What is dated in the future is never settled, and read each time.
    if (changedAtMs < readAtMs - COARSE_MS) this.#learn(path, { look, digest });
    return { digest, changedByMs };
  }

  #learn(path: string, known: KnownDigest): void {
    this.#known.set(path, known);
    this.#changed.set(path, known);
  }
}

const lookOf = (stats: BigIntStats): string =>
  `${stats.size} ${stats.mtimeNs} ${stats.ctimeNs} ${stats.ino} ${stats.dev}`;

function statQuietly(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Of what make reads, nothing is as large. */
const FILE_BYTES_MAX = 64 << 20;

/**
 * Undefined for what cannot be read: gone in between, or no file. Packages name these files, and may write in some of their
 * directories.
 */
function digestQuietly(path: string): string | undefined {
  if (!path.endsWith('/')) {
    const bytes = readPlainFile(path, FILE_BYTES_MAX);
    return bytes && digestBytes(bytes);
  }
  try {
    return digestNames(readdirSync(path));
  } catch {
    return undefined;
  }
}

/** sha256 as hexadecimal. */
export const digestBytes = (bytes: Uint8Array | string): string => hash('sha256', bytes, 'hex');

/** Of the names in a directory, those that come and go aside. */
export const digestNames = (names: readonly string[]): string =>
  digestBytes(
    names
      .filter((name) => !PASSING_NAME.test(name))
      .sort()
      .join('\n'),
  );

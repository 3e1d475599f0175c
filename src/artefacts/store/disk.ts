import { statfs } from 'node:fs/promises';
import type { ArtefactLimits } from '../limits.ts';

/** `soft`: files should go. `hard`: none may come. */
export type RoomLevel = 'plenty' | 'soft' | 'hard';

export interface Room {
  readonly level: RoomLevel;
  /** What is reserved counts as taken. */
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** What would have to go for the level to be `plenty`. */
  readonly wantBytes: number;
}

/** Room that is kept for one file while it comes. */
export interface Reservation {
  /** So much of it is on the disk now, and seen there by all. */
  note(writtenBytes: number): void;
  release(): void;
}

type Marks = Pick<ArtefactLimits, 'softShare' | 'hardShare'>;

/** How much room the disk of a store has, with what is about to come. */
export class Disk {
  readonly #path: string;
  readonly #marks: Marks;
  readonly #reserved = new Set<{ bytes: number }>();

  constructor(path: string, marks: Marks) {
    this.#path = path;
    this.#marks = marks;
  }

  /** Throws what the file system throws. */
  async room(): Promise<Room> {
    return this.#judge(await this.#measure(), 0);
  }

  /** Undefined when there is no room for so many bytes. Throws what the file system throws. */
  async reserve(bytes: number): Promise<Reservation | undefined> {
    const measured = await this.#measure();
    if (this.#judge(measured, bytes).level === 'hard') return undefined;
    const mine = { bytes };
    this.#reserved.add(mine);
    return {
      note: (writtenBytes) => {
        mine.bytes = Math.max(0, bytes - writtenBytes);
      },
      release: () => this.#reserved.delete(mine),
    };
  }

  async #measure(): Promise<Measured> {
    const { bsize, blocks, bfree, bavail } = await statfs(this.#path);
    const usedBytes = (blocks - bfree) * bsize;
    // As df counts: what only root may use is not there.
    return { usedBytes, totalBytes: usedBytes + bavail * bsize };
  }

  #judge({ usedBytes, totalBytes }: Measured, moreBytes: number): Room {
    const reserved = [...this.#reserved].reduce((sum, { bytes }) => sum + bytes, 0);
    const taken = usedBytes + reserved + moreBytes;
    const { softShare, hardShare } = this.#marks;
    const level =
      taken > hardShare * totalBytes ? 'hard' : taken > softShare * totalBytes ? 'soft' : 'plenty';
    return {
      level,
      freeBytes: Math.max(0, totalBytes - taken),
      totalBytes,
      wantBytes: Math.max(0, Math.ceil(taken - softShare * totalBytes)),
    };
  }
}

interface Measured {
  readonly usedBytes: number;
  readonly totalBytes: number;
}

import type { Sha256 } from '../sha256.ts';

export interface BlobEntry {
  readonly sizeBytes: number;
  /** When it was last read or written, Unix time. */
  usedAtMs: number;
  /** Its bytes have been hashed in this life, and were right. */
  isChecked: boolean;
}

/** What a store has, in memory. */
export class BlobTable {
  readonly #entries = new Map<Sha256, BlobEntry>();

  get(sha256: Sha256): BlobEntry | undefined {
    return this.#entries.get(sha256);
  }

  set(sha256: Sha256, entry: BlobEntry): void {
    this.#entries.set(sha256, entry);
  }

  delete(sha256: Sha256): boolean {
    return this.#entries.delete(sha256);
  }

  touch(sha256: Sha256): void {
    const entry = this.#entries.get(sha256);
    if (entry !== undefined) entry.usedAtMs = Date.now();
  }

  /** By name. */
  list(): readonly Sha256[] {
    return [...this.#entries.keys()].sort();
  }

  /** Those that were used longest ago first. */
  listByUse(): readonly Sha256[] {
    return [...this.#entries]
      .toSorted(([a, { usedAtMs: at }], [b, { usedAtMs: bt }]) => at - bt || (a < b ? -1 : 1))
      .map(([sha256]) => sha256);
  }
}

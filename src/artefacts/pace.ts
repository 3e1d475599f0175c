/** What is moved in a time, at the least. */
export interface PaceLimits {
  readonly paceMs: number;
  readonly paceBytes: number;
}

/**
 * Tells when a transfer has come to a halt, or nearly: there is no limit to the whole time of one. Time that the near side takes itself
 * does not count.
 */
export class Pace {
  readonly #limits: PaceLimits;
  readonly #onStall: () => void;
  #timer: NodeJS.Timeout | undefined;
  #moved = 0;

  constructor(limits: PaceLimits, onStall: () => void) {
    this.#limits = limits;
    this.#onStall = onStall;
    this.resume();
  }

  note(bytes: number): void {
    this.#moved += bytes;
  }

  /** The near side is busy: the other is not waited for. */
  pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  resume(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#judge(), this.#limits.paceMs);
    this.#timer.unref();
  }

  #judge(): void {
    this.#timer = undefined;
    if (this.#moved < this.#limits.paceBytes) {
      this.#onStall();
      return;
    }
    this.#moved = 0;
    this.resume();
  }
}

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
  #timer: NodeJS.Timeout;
  #moved = 0;
  #pausedAtMs: number | undefined;
  /** Of the time that is being judged, what does not count. */
  #pausedMs = 0;

  constructor(limits: PaceLimits, onStall: () => void) {
    this.#limits = limits;
    this.#onStall = onStall;
    this.#timer = this.#startTimer(limits.paceMs);
  }

  note(bytes: number): void {
    this.#moved += bytes;
  }

  /** The near side is busy: the other is not waited for. */
  pause(): void {
    this.#pausedAtMs ??= performance.now();
  }

  resume(): void {
    if (this.#pausedAtMs === undefined) return;
    this.#pausedMs += performance.now() - this.#pausedAtMs;
    this.#pausedAtMs = undefined;
  }

  /** It is over. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #startTimer(waitMs: number): NodeJS.Timeout {
    const timer = setTimeout(() => this.#judge(), waitMs);
    timer.unref();
    return timer;
  }

  #judge(): void {
    const { paceMs, paceBytes } = this.#limits;
    if (this.#moved >= paceBytes) {
      this.#moved = 0;
      this.#pausedMs = 0;
      this.#timer = this.#startTimer(paceMs);
    } else if (this.#pausedAtMs !== undefined || this.#pausedMs >= 1) {
      // As long as it was paused it gets on top.
      const waitMs = this.#pausedAtMs === undefined ? this.#pausedMs : paceMs;
      this.#pausedMs = 0;
      this.#timer = this.#startTimer(waitMs);
    } else {
      this.#onStall();
    }
  }
}

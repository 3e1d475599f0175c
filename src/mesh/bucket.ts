/** How often something may happen: `perSecond` on the whole, `burst` at once after a rest. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** What is left of a rate for one party. */
export class Bucket {
  readonly #rate: Rate;
  #left: number;
  #atMs: number;

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate;
    this.#left = rate.burst;
    this.#atMs = nowMs;
  }

  /** False when there is nothing left to take. */
  take(nowMs: number): boolean {
    this.#refill(nowMs);
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** Nothing has been taken for so long that it is as new. */
  isFull(nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#left >= this.#rate.burst;
  }

  #refill(nowMs: number): void {
    const { perSecond, burst } = this.#rate;
    this.#left = Math.min(burst, this.#left + (Math.max(0, nowMs - this.#atMs) * perSecond) / 1_000);
    this.#atMs = nowMs;
  }
}

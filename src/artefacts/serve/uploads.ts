import type { ArtefactLimits } from '../limits.ts';

/** Which answers with content are under way, and to whom. */
export class Uploads {
  readonly #limits: Pick<ArtefactLimits, 'uploadsMax' | 'uploadsPerHostMax'>;
  readonly #counts = new Map<string, number>();
  #total = 0;

  constructor(limits: Pick<ArtefactLimits, 'uploadsMax' | 'uploadsPerHostMax'>) {
    this.#limits = limits;
  }

  /** Called once when it is over; undefined when there are enough. */
  begin(caller: string): (() => void) | undefined {
    const count = this.#counts.get(caller) ?? 0;
    const { uploadsMax, uploadsPerHostMax } = this.#limits;
    if (this.#total >= uploadsMax || count >= uploadsPerHostMax) return undefined;
    this.#counts.set(caller, count + 1);
    this.#total += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#total -= 1;
      const left = (this.#counts.get(caller) ?? 1) - 1;
      if (left === 0) this.#counts.delete(caller);
      else this.#counts.set(caller, left);
    };
  }
}

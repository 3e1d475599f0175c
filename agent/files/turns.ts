/** One thing at a time for each name, in the order they were asked for. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does the work when all earlier work under this name is over, whatever came of that. */
  async take<Value>(name: string, work: () => Promise<Value>): Promise<Value> {
    const before = this.#last.get(name) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => undefined);
    this.#last.set(name, settled);
    try {
      return await mine;
    } finally {
      if (this.#last.get(name) === settled) this.#last.delete(name);
    }
  }
}

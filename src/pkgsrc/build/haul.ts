import type { ListedFiles } from './distfiles.ts';

/**
 * What a fetch got that is still in the sandbox alone, with the locks of these files: they are held until the files
 * are on the host or it is settled that they will not be.
 */
export class Haul implements Disposable {
  #held: Disposable | undefined;
  #catch: { readonly files: ListedFiles; readonly names: readonly string[] } | undefined;

  /** Takes over the locks of files, and the names of those that the host lacks. */
  take(held: Disposable, files: ListedFiles, names: readonly string[]): void {
    this[Symbol.dispose]();
    this.#held = held;
    this.#catch = { files, names };
  }

  /** What the host lacks; undefined: nothing was fetched. */
  get caught(): { readonly files: ListedFiles; readonly names: readonly string[] } | undefined {
    return this.#catch;
  }

  /** Lets others fetch the files; may be called again. */
  [Symbol.dispose](): void {
    this.#held?.[Symbol.dispose]();
    this.#held = undefined;
    this.#catch = undefined;
  }
}

import { parseDepend } from './depend.ts';
import { NameIndex } from './nameindex.ts';
import { shorten } from './quote.ts';
import { splitPkgName } from './version.ts';

/** A dependency word looked up: every record that satisfies it, and the one to take. */
export type Choice =
  | { readonly kind: 'found'; readonly matches: readonly number[]; readonly best: number }
  | { readonly kind: 'missing'; readonly reason: string };

/** Looks dependency words up among names. */
export class Chooser {
  readonly #index: NameIndex;

  constructor(names: readonly string[]) {
    this.#index = new NameIndex(names.map(splitPkgName));
  }

  choose(word: string): Choice {
    const depend = parseDepend(word);
    if (depend.kind === 'malformed') {
      return { kind: 'missing', reason: `malformed dependency "${shorten(word)}": ${depend.reason}` };
    }
    const matches = this.#index.match(depend.pattern);
    const best = this.#index.best(matches);
    if (best !== undefined) return { kind: 'found', matches, best };
    return { kind: 'missing', reason: `could not resolve dependency "${shorten(depend.patternText)}"` };
  }
}

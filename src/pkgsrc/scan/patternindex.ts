import { matchPattern, type Pattern, type PlainPattern } from '../pattern.ts';
import type { PkgNameParts } from '../version.ts';

/** Patterns, asked whether a name satisfies any of them. The mirror image of `NameIndex`. */
export class PatternIndex {
  readonly #exact = new Set<string>();
  readonly #byBase = new Map<string, PlainPattern[]>();
  readonly #byPrefix = new Map<string, PlainPattern[]>();

  add(pattern: Pattern): void {
    switch (pattern.kind) {
      case 'malformed':
        break;
      case 'alternates':
        for (const option of pattern.options) this.add(option);
        break;
      case 'exact':
        this.#exact.add(pattern.name);
        break;
      case 'dewey':
        append(this.#byBase, pattern.base, pattern);
        break;
      case 'glob':
        append(this.#byPrefix, pattern.glob.prefix, pattern);
        break;
    }
  }

  hasMatch(pkg: PkgNameParts): boolean {
    if (this.#exact.has(pkg.name)) return true;
    const isMatch = (pattern: PlainPattern): boolean => matchPattern(pattern, pkg);
    if (this.#byBase.get(pkg.base)?.some(isMatch) === true) return true;
    for (let length = 0; length <= pkg.name.length; length += 1) {
      if (this.#byPrefix.get(pkg.name.slice(0, length))?.some(isMatch) === true) return true;
    }
    return false;
  }
}

function append(map: Map<string, PlainPattern[]>, key: string, pattern: PlainPattern): void {
  const patterns = map.get(key);
  if (patterns === undefined) map.set(key, [pattern]);
  else patterns.push(pattern);
}

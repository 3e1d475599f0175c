import { isPkgPath } from './name.ts';
import type { PkgPath } from './package.ts';
import { type Pattern, parsePattern } from './pattern.ts';

/** A word of ALL_DEPENDS: what is wanted, and where the tree says it may be found. */
export type Depend =
  | {
      readonly kind: 'depend';
      readonly pattern: Exclude<Pattern, { kind: 'malformed' }>;
      readonly patternText: string;
      /** Only a hint of what to scan: any package that matches will do, wherever it comes from. */
      readonly pkgpath: PkgPath;
    }
  | { readonly kind: 'malformed'; readonly reason: string };

const TREE = ':../../';

/** Parses `pattern:../../category/directory`. */
export function parseDepend(word: string): Depend {
  const colon = word.indexOf(':');
  const pkgpath = word.slice(colon + TREE.length);
  if (colon <= 0 || !word.startsWith(TREE, colon) || !isPkgPath(pkgpath)) {
    return { kind: 'malformed', reason: 'not pattern:../../category/directory' };
  }
  const patternText = word.slice(0, colon);
  const pattern = parsePattern(patternText);
  if (pattern.kind === 'malformed') return pattern;
  return { kind: 'depend', pattern, patternText, pkgpath };
}

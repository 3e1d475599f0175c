import { BulkmeshError } from '../errors.ts';
import { matchGlob, parseGlob } from './glob.ts';
import { matchPattern, parsePattern } from './pattern.ts';
import { splitPkgName } from './version.ts';

/** What names a package for a person. */
export interface Named {
  readonly pkgpath: string;
  readonly pkgbase: string;
  readonly pkgname: string;
}

/**
 * What words of a person select: a PKGNAME, a PKGBASE, a PKGPATH, a pattern as in a dependency (`perl>=5.36`), or a
 * shell pattern for PKGPATHs (`lang/*`). Any word selects; no word selects everything. Throws `BulkmeshError`
 * PATTERN_INVALID.
 */
export function parseSelection(words: readonly string[]): (pkg: Named) => boolean {
  if (words.length === 0) return () => true;
  const tests = words.map(parseWord);
  return (pkg) => tests.some((test) => test(pkg));
}

function parseWord(word: string): (pkg: Named) => boolean {
  if (word.includes('/')) {
    const glob = parseGlob(word);
    return (pkg) => pkg.pkgpath === word || matchGlob(glob, pkg.pkgpath);
  }
  const pattern = parsePattern(word);
  if (pattern.kind === 'malformed') {
    throw new BulkmeshError(
      'PATTERN_INVALID',
      `${JSON.stringify(word)} is not a pattern: ${pattern.reason}`,
      {
        hint: 'Give a PKGNAME, a PKGBASE, a PKGPATH, or a pattern as in "perl>=5.36" or "lang/*".',
      },
    );
  }
  return (pkg) => pkg.pkgbase === word || matchPattern(pattern, splitPkgName(pkg.pkgname));
}

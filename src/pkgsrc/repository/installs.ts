import type { PkgName } from '../package.ts';
import { matchPattern, parsePattern } from '../pattern.ts';
import { splitPkgName } from '../version.ts';
import { lookAtPackage, readNote } from './notes.ts';
import type { RepositoryPlace } from './place.ts';

/**
 * The first package that an installation of `depends` needs and that is not in the repository; undefined when all are there. What a
 * package needs at run time is installed with it, and so on: its note says which patterns, and `needsOf`, what it
 * was resolved to need, says which packages those are. What is needed only to build it is not looked for.
 */
export function findMissing(
  place: RepositoryPlace,
  depends: readonly PkgName[],
  needsOf: (pkgname: PkgName) => readonly PkgName[],
): PkgName | undefined {
  const wanted = new Set(depends);
  // It grows while it is walked through.
  for (const pkgname of wanted) {
    if (lookAtPackage(place, pkgname) === undefined) return pkgname;
    const needs = needsOf(pkgname);
    const patterns = needs.length === 0 ? [] : readPatterns(place, pkgname);
    for (const need of needs) {
      const parts = splitPkgName(need);
      if (patterns.some((pattern) => matchPattern(pattern, parts))) wanted.add(need);
    }
  }
  return undefined;
}

const readPatterns = (place: RepositoryPlace, pkgname: PkgName): readonly ReturnType<typeof parsePattern>[] =>
  [...(readNote(place, pkgname)?.summary ?? '').matchAll(/^DEPENDS=(.*)$/gm)].map(([, word = '']) =>
    parsePattern(word),
  );

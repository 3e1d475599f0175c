import type { PkgName } from '../package.ts';
import { matchPattern, parsePattern } from '../pattern.ts';
import { splitPkgName } from '../version.ts';
import type { PackageNote } from './note.ts';
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
    const note = needs.length === 0 ? undefined : readNote(place, pkgname);
    for (const need of listRunNeeds(note, needs)) wanted.add(need);
  }
  return undefined;
}

/** Those of what a package was resolved to need that it needs at run time: its note has the patterns. */
export function listRunNeeds(
  note: Pick<PackageNote, 'summary'> | undefined,
  needs: readonly PkgName[],
): readonly PkgName[] {
  const lines = needs.length === 0 ? [] : (note?.summary ?? '').matchAll(/^DEPENDS=(.*)$/gm);
  const patterns = [...lines].map(([, word = '']) => parsePattern(word));
  return needs.filter((need) => {
    const parts = splitPkgName(need);
    return patterns.some((pattern) => matchPattern(pattern, parts));
  });
}

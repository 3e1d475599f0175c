import type { PkgName } from '../package.ts';
import { matchPattern, parsePattern } from '../pattern.ts';
import { splitPkgName } from '../version.ts';
import type { FileLook, PackageNote } from './note.ts';
import { lookAtPackage, readNote } from './notes.ts';
import type { RepositoryPlace } from './place.ts';

type NeedsOf = (pkgname: PkgName) => readonly PkgName[];

/**
 * How the files look that an installation of `depends` reads; undefined: it is not there. What a package needs at run time is
 * installed with it, and so on: its note says which patterns, and `needsOf`, what it was resolved to need, says which packages those
 * are. What is needed only to build it is not looked for.
 */
export function* lookAtInstall(
  place: RepositoryPlace,
  depends: readonly PkgName[],
  needsOf: NeedsOf,
): Generator<readonly [PkgName, FileLook | undefined]> {
  const wanted = new Set(depends);
  // It grows while it is walked through.
  for (const pkgname of wanted) {
    yield [pkgname, lookAtPackage(place, pkgname)];
    const needs = needsOf(pkgname);
    const note = needs.length === 0 ? undefined : readNote(place, pkgname);
    for (const need of listRunNeeds(note, needs)) wanted.add(need);
  }
}

/** The first of these whose file is gone, another one, or was written to since it looked like that. */
export function findChanged(
  place: RepositoryPlace,
  looks: ReadonlyMap<PkgName, FileLook | undefined>,
): PkgName | undefined {
  for (const [pkgname, before] of looks) {
    const now = lookAtPackage(place, pkgname);
    // A second name for it, as the files of other hosts get, changes no more than its change time.
    if (now?.inode !== before?.inode || now?.mtimeMs !== before?.mtimeMs) return pkgname;
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

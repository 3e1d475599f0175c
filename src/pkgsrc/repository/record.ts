import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { PkgName, PkgPath } from '../package.ts';
import { describePackage } from './adopt.ts';
import type { PackageDigests } from './digest.ts';
import type { BuiltWith } from './note.ts';
import { writeNote } from './notes.ts';
import type { RepositoryPlace } from './place.ts';
import { knowPackage } from './repository.ts';
import { readTree } from './sources.ts';

/** Content ids of the packages that are installed for a build; one that is not there is left out. */
export async function digestDepends(
  place: RepositoryPlace,
  depends: readonly PkgName[],
): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const pkgname of depends) {
    const known = await knowPackage(place, pkgname);
    if (known.kind === 'noted') digests[pkgname] = known.note.digest;
  }
  return digests;
}

export interface RecordRequest {
  readonly place: RepositoryPlace;
  readonly pkgsrc: string;
  readonly pkgname: PkgName;
  readonly pkgpath: PkgPath;
  /** Taken when the file was written. */
  readonly digests: PackageDigests;
  readonly built: BuiltWith;
}

/** Stands for the digest of a file of which nobody knows what it was when the package was made from it: equals none. */
const CHANGED = 'changed';
/** Clocks of file systems are coarse, and those of servers are not ours. */
const CLOCK_SLACK_MS = 2000;

const changedSince = (path: string, atMs: number): boolean =>
  (statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? Number.POSITIVE_INFINITY) > atMs - CLOCK_SLACK_MS;

/**
 * Makes the note of a package that was just built and saved, durably. Throws what the file system throws; then the package
 * has no note, and is known by what it says itself.
 */
export async function recordPackage(request: RecordRequest): Promise<void> {
  const { place, pkgname, pkgpath, digests, built } = request;
  const described = await describePackage(place, pkgname, { pkgpath, digests, built });
  if (described.kind === 'unreadable') throw new Error(described.reason);
  const { note } = described;
  const named = (note.made?.files ?? []).filter(({ path }) => !(path in built.fileDigests));
  const tree = readTree(request.pkgsrc);
  const late = named.flatMap(({ path }) => {
    const digest = tree.digest(path);
    if (digest === undefined) return [];
    return [[path, changedSince(join(request.pkgsrc, path), built.atMs) ? CHANGED : digest] as const];
  });
  const fileDigests = { ...built.fileDigests, ...Object.fromEntries(late) };
  await writeNote(place, { ...note, built: { ...built, fileDigests } });
}

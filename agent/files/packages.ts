import { mkdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../../src/artefacts/sha256.ts';
import type { BlobStore } from '../../src/artefacts/store/store.ts';
import type { PkgName } from '../../src/pkgsrc/package.ts';
import { linkCategories, unlinkCategories } from '../../src/pkgsrc/repository/categories.ts';
import type { PackageNote } from '../../src/pkgsrc/repository/note.ts';
import {
  dropNote,
  lookAtPackage,
  notesDir,
  readNote,
  writeNoteLoosely,
} from '../../src/pkgsrc/repository/notes.ts';
import { packageFile, type RepositoryPlace, temporaryName } from '../../src/pkgsrc/repository/place.ts';
import { knowPackage } from '../../src/pkgsrc/repository/repository.ts';

/** A package of a repository of this host. */
export interface PackagePlace {
  readonly place: RepositoryPlace;
  readonly pkgname: PkgName;
  readonly categories: readonly string[];
}

/** True when the file in the repository has one of these digests (`sha256:<hex>`). Throws what the file system throws. */
export const hasPackage = async (
  { place, pkgname }: Pick<PackagePlace, 'place' | 'pkgname'>,
  digests: readonly string[],
): Promise<boolean> => {
  const known = await knowPackage(place, pkgname);
  return known.kind === 'noted' && digests.includes(known.note.digest);
};

/**
 * True when the store has the bytes, and they are right: a package of the repository that has gone bad may be another name of the very
 * file. Bytes that are wrong are lost from the store.
 */
export const isSound = async (blobs: BlobStore, sha256: Sha256): Promise<boolean> =>
  blobs.has(sha256) && (await blobs.recheck(sha256));

/**
 * Puts a package into the repository, whole or not at all, in the place of a file of that name with other bytes. False when the
 * store does not have it. `note`: what another host says of it; undefined: it is opened.
 * @throws {BulkmeshError} ARTEFACT_DISK_FULL, ARTEFACT_IO; and what the file system throws
 */
export const putPackage = async (
  blobs: BlobStore,
  sha256: Sha256,
  { place, pkgname, categories }: PackagePlace,
  note: PackageNote | undefined,
  onWarning: (line: string) => void,
): Promise<boolean> => {
  const all = join(place.packagesDir, 'All');
  await mkdir(all, { recursive: true });
  const isPlaced = await blobs.place(sha256, {
    target: packageFile(place.packagesDir, pkgname, place.pkgSuffix),
    temporary: join(all, temporaryName(place.owner)),
    // Packages are replaced, never written to.
    mayLink: true,
    mode: 0o644,
  });
  if (!isPlaced) return false;
  const look = lookAtPackage(place, pkgname);
  if (note !== undefined && look !== undefined) {
    const { sizeBytes: _, ...ours } = look;
    await mkdir(notesDir(place), { recursive: true }).catch(() => undefined);
    writeNoteLoosely(place, { ...note, look: ours });
  }
  // Whoever installs it reads in its note what it needs at run time: one is made where none came.
  await knowPackage(place, pkgname);
  await linkCategories({ place, pkgname, categories }, onWarning);
  return true;
};

/** Deletes a package, if its file is one of these, with its links and its note. */
export const deletePackage = async (found: PackagePlace, digests: readonly string[]): Promise<boolean> => {
  const { place, pkgname } = found;
  if (!(await hasPackage(found, digests))) return false;
  await unlink(packageFile(place.packagesDir, pkgname, place.pkgSuffix));
  dropNote(place, pkgname);
  await unlinkCategories(found);
  return true;
};

/**
 * Takes a package of the repository into the store; false when it is not there, or has other bytes. A second name for the file
 * changes how it looks, and so its note is made to say that it is the same one.
 * @throws {BulkmeshError} ARTEFACT_DISK_FULL, ARTEFACT_IO
 */
export const storePackage = async (
  blobs: BlobStore,
  sha256: Sha256,
  { place, pkgname }: Pick<PackagePlace, 'place' | 'pkgname'>,
): Promise<boolean> => {
  const before = lookAtPackage(place, pkgname);
  if (before === undefined) return false;
  const path = packageFile(place.packagesDir, pkgname, place.pkgSuffix);
  const stored = await blobs.addFile(path, { mayLink: true, expected: sha256 });
  const note = readNote(place, pkgname);
  if (stored === undefined) {
    // A disk that gives other bytes than were written does not change how the file looks.
    if (note?.digest === `sha256:${sha256}`) dropNote(place, pkgname);
    return false;
  }
  const after = lookAtPackage(place, pkgname);
  const isSame = after?.inode === before.inode && after.mtimeMs === before.mtimeMs;
  if (stored.isLinked && isSame && note?.digest === `sha256:${sha256}` && note.look.inode === after.inode) {
    const { sizeBytes: _, ...look } = after;
    writeNoteLoosely(place, { ...note, look });
  }
  return true;
};

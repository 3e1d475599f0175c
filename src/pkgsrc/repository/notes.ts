import { lstatSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { mkdir, open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { readPlainFile, syncDirectory } from '../../files.ts';
import type { PkgName } from '../package.ts';
import type { FileLook, PackageNote } from './note.ts';
import { formatNote, parseNote } from './noteformat.ts';
import { NOTES_DIR, packageFile, type RepositoryPlace, temporaryName } from './place.ts';

/** The directory of the notes. */
export const notesDir = ({ packagesDir }: RepositoryPlace): string => join(packagesDir, NOTES_DIR);

/** What is called in `notesDir` the note of this package. */
const noteName = (pkgname: PkgName): string => `${pkgname}.json`;

/** The summary of the largest package is some hundred kilobytes; others than this program may write notes, too. */
const NOTE_BYTES_MAX = 64 << 20;

/**
 * True when the notes lie in a directory of their own. Others may write to the repository: through a link in its place, an
 * agent of root would delete and write where it leads.
 */
export const ownsNotesDir = (place: RepositoryPlace): boolean =>
  lstatSync(notesDir(place), { throwIfNoEntry: false })?.isDirectory() ?? false;

/**
 * Keeps the note of a package that was built: whole and on disk when it returns, or the old one stands. Throws what the
 * file system throws.
 */
export async function writeNote(place: RepositoryPlace, note: PackageNote): Promise<void> {
  const dir = notesDir(place);
  await mkdir(dir, { recursive: true });
  if (!ownsNotesDir(place)) throw new Error(`${dir} is not a directory of its own`);
  const temporary = join(dir, temporaryName(place.owner));
  try {
    await using file = await open(temporary, 'wx', 0o644);
    await file.writeFile(formatNote(note));
    await file.sync();
    await rename(temporary, join(dir, noteName(note.pkgname)));
    await syncDirectory(dir);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

/**
 * Keeps the note of a package that was found, which can be made again: it does not wait for the disk. False when it could
 * not be written, as in a repository that may only be read.
 */
export function writeNoteLoosely(place: RepositoryPlace, note: PackageNote): boolean {
  const dir = notesDir(place);
  if (!ownsNotesDir(place)) return false;
  const temporary = join(dir, temporaryName(place.owner));
  try {
    writeFileSync(temporary, formatNote(note), { flag: 'wx', mode: 0o644 });
    renameSync(temporary, join(dir, noteName(note.pkgname)));
    return true;
  } catch {
    dropFile(temporary);
    return false;
  }
}

/** The note as it is kept, whatever became of its package since; undefined where there is none that is whole. */
export function readNote(place: RepositoryPlace, pkgname: PkgName): PackageNote | undefined {
  const bytes = readPlainFile(join(notesDir(place), noteName(pkgname)), NOTE_BYTES_MAX);
  return bytes && parseNote(bytes.toString('utf8'), pkgname);
}

/** What is known of a package is known no more: its file is opened when somebody next wants to know. */
export function dropNote(place: RepositoryPlace, pkgname: PkgName): void {
  if (ownsNotesDir(place)) dropFile(join(notesDir(place), noteName(pkgname)));
}

/** Undefined when it is not there, or no file. */
export function lookAtPackage(
  { packagesDir, pkgSuffix }: RepositoryPlace,
  pkgname: PkgName,
): (FileLook & { readonly sizeBytes: number }) | undefined {
  const found = statSync(packageFile(packagesDir, pkgname, pkgSuffix), { throwIfNoEntry: false });
  if (!found?.isFile()) return undefined;
  const { mtimeMs, ctimeMs, ino: inode, size: sizeBytes } = found;
  return { mtimeMs, ctimeMs, inode, sizeBytes };
}

/** Deletes one file if it is there and can be. */
export function dropFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is gone already, or not ours to delete: a note too many does no harm.
  }
}

import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BulkmeshError } from '../../errors.ts';
import { isPkgName } from '../name.ts';
import type { PkgName } from '../package.ts';
import { describePackage } from './adopt.ts';
import { makeBreather } from './breather.ts';
import { hashPackage } from './digest.ts';
import type { FileLook, PackageNote } from './note.ts';
import { dropFile, lookAtPackage, notesDir, ownsNotesDir, readNote, writeNoteLoosely } from './notes.ts';
import { packageFile, type RepositoryPlace } from './place.ts';

/** What is known of one package of the repository now. */
export type Known =
  | { readonly kind: 'noted'; readonly note: PackageNote }
  /** No such file. */
  | { readonly kind: 'absent' }
  /** A file that is no package, or not the one that its name says. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/** All packages of a repository. */
export interface Repository {
  readonly notes: ReadonlyMap<PkgName, PackageNote>;
  readonly unreadable: ReadonlyMap<PkgName, string>;
}

/**
 * The note of one package, true of its file as it is now: a file that looks otherwise than when its note was made is read
 * again, and one with other bytes, or without a note, is opened. Throws what the file system throws.
 */
export async function knowPackage(place: RepositoryPlace, pkgname: PkgName): Promise<Known> {
  const look = lookAtPackage(place, pkgname);
  if (look === undefined) return { kind: 'absent' };
  const note = readNote(place, pkgname);
  if (note !== undefined && looksAsBefore(note, look)) return { kind: 'noted', note };
  try {
    return await learnPackage(place, pkgname, note);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { kind: 'absent' };
    // Half written by another program: no package yet.
    if (error instanceof BulkmeshError) return { kind: 'unreadable', reason: error.message };
    throw error;
  }
}

/**
 * Knows every package in `All`, in slices, so that nothing else in this process waits; files without a note are opened
 * once, and notes whose package is gone are dropped. Throws what the file system throws, and what `signal` was aborted with.
 */
export async function loadRepository(
  place: RepositoryPlace,
  signal: AbortSignal | undefined = undefined,
): Promise<Repository> {
  const names = listPackages(place);
  makeNotesDir(place);
  const notes = new Map<PkgName, PackageNote>();
  const unreadable = new Map<PkgName, string>();
  const breathe = makeBreather();
  for (const pkgname of names) {
    const known = await knowPackage(place, pkgname);
    if (known.kind === 'noted') notes.set(pkgname, known.note);
    if (known.kind === 'unreadable') unreadable.set(pkgname, known.reason);
    await breathe();
    signal?.throwIfAborted();
  }
  dropOrphans(place, new Set(names));
  return { notes, unreadable };
}

/** Sorted by name; empty where there is no repository yet. */
export function listPackages({ packagesDir, pkgSuffix }: RepositoryPlace): readonly PkgName[] {
  return listNames(join(packagesDir, 'All'))
    .filter((file) => file.endsWith(pkgSuffix))
    .map((file) => file.slice(0, -pkgSuffix.length))
    .filter(isPkgName)
    .sort();
}

async function learnPackage(
  place: RepositoryPlace,
  pkgname: PkgName,
  old: PackageNote | undefined,
): Promise<Known> {
  const path = packageFile(place.packagesDir, pkgname, place.pkgSuffix);
  // Without a note there is nothing to compare: then the file is read once, when it is opened.
  const digests = old === undefined ? undefined : await hashPackage(path);
  const same = old !== undefined && old.digest === digests?.digest ? old : undefined;
  const described = await describePackage(place, pkgname, {
    digests,
    pkgpath: same?.pkgpath,
    built: same?.built,
  });
  if (described.kind === 'unreadable') return described;
  makeNotesDir(place);
  writeNoteLoosely(place, described.note);
  return { kind: 'noted', note: described.note };
}

const looksAsBefore = (note: PackageNote, now: FileLook & { readonly sizeBytes: number }): boolean =>
  note.sizeBytes === now.sizeBytes &&
  note.look.mtimeMs === now.mtimeMs &&
  note.look.ctimeMs === now.ctimeMs &&
  note.look.inode === now.inode;

function dropOrphans(place: RepositoryPlace, names: ReadonlySet<string>): void {
  const dir = notesDir(place);
  if (!ownsNotesDir(place)) return;
  for (const file of listNames(dir)) {
    const name = file.slice(0, -'.json'.length);
    if (!file.endsWith('.json') || names.has(name)) continue;
    // Another host may have added it in the meantime.
    if (!isPkgName(name) || lookAtPackage(place, name) === undefined) dropFile(join(dir, file));
  }
}

function makeNotesDir(place: RepositoryPlace): void {
  try {
    mkdirSync(notesDir(place), { recursive: true });
  } catch {
    // A repository that may only be read works as well: its packages are then opened each time.
  }
}

function listNames(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

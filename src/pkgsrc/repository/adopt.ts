import { readFileSync } from 'node:fs';
import { BulkmeshError } from '../../errors.ts';
import { isPkgPath } from '../name.ts';
import type { PkgName, PkgPath } from '../package.ts';
import { type MetadataResult, readHeldMetadata, readPackageMetadata } from '../pkgfile.ts';
import { hashHeld, hashPackage, type PackageDigests } from './digest.ts';
import { readBuildInfo, readMadeFrom } from './madefrom.ts';
import type { BuiltWith, PackageNote } from './note.ts';
import { lookAtPackage } from './notes.ts';
import { packageFile, type RepositoryPlace } from './place.ts';
import { formatSummary } from './summaryrecord.ts';

/** What the maker of a note may know beyond what the file says. */
export interface KnownOfPackage {
  readonly pkgpath?: PkgPath | undefined;
  /** Taken when the file was written; undefined: taken now. */
  readonly digests?: PackageDigests | undefined;
  readonly built?: BuiltWith | undefined;
}

export type Described =
  | { readonly kind: 'described'; readonly note: PackageNote }
  | { readonly kind: 'unreadable'; readonly reason: string };

/**
 * Makes the note of a package file by opening it. A file that is no package, or not this one, has no note. Throws what the
 * file system throws, and PACKAGE_CHANGING when the file is another one at the end than it was at the beginning.
 */
export async function describePackage(
  place: RepositoryPlace,
  pkgname: PkgName,
  known: KnownOfPackage = {},
): Promise<Described> {
  const path = packageFile(place.packagesDir, pkgname, place.pkgSuffix);
  const before = lookAtPackage(place, pkgname);
  const held = await readPackage(path, before?.sizeBytes ?? 0, known.digests);
  const { read } = held;
  if (read.kind === 'damaged') return { kind: 'unreadable', reason: read.reason };
  const metadata = read.kind === 'read' ? read.files : undefined;
  const named = /^@name (\S+)$/m.exec(metadata?.get('+CONTENTS') ?? '')?.[1];
  if (metadata !== undefined && named !== pkgname) {
    return { kind: 'unreadable', reason: named === undefined ? 'it names no package' : `it holds ${named}` };
  }
  const { digest, sha512, sizeBytes } = held.digests ?? (await hashPackage(path));
  const after = lookAtPackage(place, pkgname);
  if (after?.sizeBytes !== sizeBytes || after.inode !== before?.inode || after.ctimeMs !== before.ctimeMs) {
    throw new BulkmeshError('PACKAGE_CHANGING', `${path} was written while it was read`, {
      hint: 'let one program at a time write to the repository',
    });
  }
  const { sizeBytes: _, ...look } = after;
  const says = metadata === undefined ? '' : readBuildInfo(metadata, 'PKGPATH');
  return {
    kind: 'described',
    note: {
      pkgname,
      pkgpath: known.pkgpath ?? (isPkgPath(says) ? says : undefined),
      digest,
      sha512,
      sizeBytes,
      look,
      summary:
        metadata === undefined ? '' : formatSummary(metadata, `${pkgname}${place.pkgSuffix}`, sizeBytes),
      noBinOnFtp: metadata !== undefined && readBuildInfo(metadata, 'NO_BIN_ON_FTP').trim() !== '',
      made: metadata === undefined ? undefined : readMadeFrom(metadata),
      built: known.built,
    },
  };
}

/** Up to this size a package is read at once: it keeps nothing waiting for longer than a slice of work may take. */
const HELD_BYTES_MAX = 1 << 20;

async function readPackage(
  path: string,
  sizeBytes: number,
  digests: PackageDigests | undefined,
): Promise<{ readonly read: MetadataResult; readonly digests: PackageDigests | undefined }> {
  if (sizeBytes > HELD_BYTES_MAX) return { read: await readPackageMetadata(path), digests };
  const bytes = readFileSync(path);
  const files = await readHeldMetadata(bytes);
  const read: MetadataResult =
    files === undefined ? await readPackageMetadata(path) : { kind: 'read', files };
  return { read, digests: digests ?? hashHeld(bytes) };
}

import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import { syncDirectory } from '../files.ts';
import { identityOf } from './identity.ts';
import type { PkgName, Resolution } from './package.ts';
import { makeBreather } from './repository/breather.ts';
import { type Checksum, formatChecksums, hashFile } from './repository/checksums.ts';
import {
  type CompressedWriter,
  type Compression,
  type PackBzip2,
  sweepCompressed,
  writeCompressed,
} from './repository/compressed.ts';
import type { PackageNote } from './repository/note.ts';
import type { RepositoryPlace } from './repository/place.ts';
import { knowPackage, listPackages } from './repository/repository.ts';
import { findRestricted, type OfferedNote } from './repository/restricted.ts';

export interface SummaryRequest extends RepositoryPlace {
  /** The graph of this build, for what may not be offered. */
  readonly resolution: Resolution;
  /** Packages that this build could not provide: a file that an earlier one left is no longer offered. */
  readonly withdrawn: ReadonlySet<PkgName>;
  readonly formats: readonly Compression[];
  /** Write SHA512.bz2. */
  readonly checksums: boolean;
  readonly includeRestricted: boolean;
  readonly packBzip2: PackBzip2 | undefined;
  /** One line for whatever is left out that should be there. */
  readonly onWarning: (line: string) => void;
}

export interface SummaryResult {
  /** Absolute paths of what was written. */
  readonly files: readonly string[];
  readonly packages: number;
  /** Left out because NO_BIN_ON_FTP is set in them or in something that they need. */
  readonly restricted: number;
  /** Left out with a warning. */
  readonly unreadable: number;
}

const FORMS: readonly Compression[] = ['gz', 'bz2', 'zst'];

/**
 * Writes `All/pkg_summary.*` and `SHA512.bz2` anew for every package of the repository, whatever build it comes from,
 * but for versions that this build has replaced. They are made of what was noted when each was built: no package is
 * opened but those that have no note. A form that is not wanted, or cannot be made, is removed, since it would describe
 * a repository that is no more. Throws what the file system throws.
 */
export async function writeSummary(request: SummaryRequest): Promise<SummaryResult> {
  const { packagesDir, owner } = request;
  const allDir = join(packagesDir, 'All');
  await sweepCompressed(allDir, owner);
  const entries = await readEntries(request);
  const restricted = request.includeRestricted
    ? new Set()
    : findRestricted(request.resolution, entries.known);
  const offered = [...entries.known].filter(([name]) => !restricted.has(name));
  const writer: CompressedWriter = { dir: allDir, owner, packBzip2: request.packBzip2 };
  const wanted = listWanted(request);
  const files: string[] = [];
  const write = async (path: string, form: Compression, texts: Iterable<string>): Promise<void> => {
    if (await writeForm(request, writer, { path, form, texts })) files.push(path);
    else await unlink(path).catch(ignoreMissing);
  };
  for (const form of FORMS) {
    const path = join(allDir, `pkg_summary.${form}`);
    if (wanted.has(form)) await write(path, form, eachSummary(offered));
    else await unlink(path).catch(ignoreMissing);
  }
  await syncDirectory(allDir);
  const sumsPath = join(packagesDir, 'SHA512.bz2');
  if (wanted.has('SHA512')) {
    await write(sumsPath, 'bz2', formatChecksums(await listSums(request, offered, files)));
  } else await unlink(sumsPath).catch(ignoreMissing);
  await syncDirectory(packagesDir);
  return {
    files,
    packages: offered.length,
    restricted: entries.known.size - offered.length,
    unreadable: entries.unreadable,
  };
}

interface Entry extends OfferedNote {
  readonly summary: string;
  readonly sha512: string;
}

interface Entries {
  /** Sorted by name. */
  readonly known: ReadonlyMap<PkgName, Entry>;
  readonly unreadable: number;
}

/** What there is to say of each package, and no more of its note, of which there may be 20,000. */
async function readEntries(request: SummaryRequest): Promise<Entries> {
  const known = new Map<PkgName, Entry>();
  let unreadable = 0;
  const breathe = makeBreather();
  const names = listPackages(request);
  const isReplaced = makeReplacedTest(request, new Set(names));
  for (const pkgname of names) {
    if (request.withdrawn.has(pkgname)) continue;
    const found = await knowPackage(request, pkgname);
    await breathe();
    if (found.kind === 'absent' || (found.kind === 'noted' && isReplaced(found.note))) continue;
    const reason = found.kind === 'unreadable' ? found.reason : OPAQUE;
    if (found.kind === 'unreadable' || found.note.summary === '') {
      unreadable += 1;
      request.onWarning(`${pkgname}${request.pkgSuffix} is not in pkg_summary: ${reason}`);
      continue;
    }
    const { summary, sha512, noBinOnFtp, made } = found.note;
    known.set(pkgname, { summary, sha512, noBinOnFtp, buildDepends: made?.buildDepends ?? [] });
  }
  return { known, unreadable };
}

/**
 * Whether this build has the same package in another version, built or failed: then nobody should get the old one.
 * A package that it has not come to yet replaces nothing.
 */
function makeReplacedTest(
  { resolution, withdrawn }: SummaryRequest,
  present: ReadonlySet<PkgName>,
): (note: PackageNote) => boolean {
  const names = new Set<PkgName>();
  const settled = new Set<string>();
  for (const { record } of resolution.packages) {
    names.add(record.pkgname);
    if (!present.has(record.pkgname) && !withdrawn.has(record.pkgname)) continue;
    settled.add(identityOf(record));
  }
  return ({ pkgname, pkgpath }) =>
    pkgpath !== undefined && !names.has(pkgname) && settled.has(identityOf({ pkgpath, pkgname }));
}

const OPAQUE = 'it is in a form that cannot be read here';

/** What is to be written; without a bzip2 one warning says what is missing. */
function listWanted({ formats, checksums, packBzip2, onWarning }: SummaryRequest): ReadonlySet<string> {
  const wanted = new Set<string>([...formats, ...(checksums ? ['SHA512'] : [])]);
  if (packBzip2 !== undefined) return wanted;
  const missing = [
    ...(wanted.delete('bz2') ? ['pkg_summary.bz2'] : []),
    ...(wanted.delete('SHA512') ? ['SHA512.bz2'] : []),
  ];
  if (missing.length > 0) {
    const verb = missing.length === 1 ? 'is' : 'are';
    onWarning(
      `${missing.join(' and ')} ${verb} not written: this host has no bzip2 (install it, or see [summary])`,
    );
  }
  return wanted;
}

/** False when the form could not be made, with a warning: the others are worth having. */
async function writeForm(
  { onWarning }: SummaryRequest,
  writer: CompressedWriter,
  { path, form, texts }: { path: string; form: Compression; texts: Iterable<string> },
): Promise<boolean> {
  try {
    await writeCompressed(writer, path, form, texts);
    return true;
  } catch (error) {
    onWarning(`${path} was not written: ${messageOf(error)}`);
    return false;
  }
}

function* eachSummary(offered: readonly (readonly [PkgName, Entry])[]): Generator<string> {
  for (const [, { summary }] of offered) yield summary;
}

async function listSums(
  { packagesDir, pkgSuffix }: SummaryRequest,
  offered: readonly (readonly [PkgName, Entry])[],
  summaries: readonly string[],
): Promise<readonly Checksum[]> {
  const own = summaries.map(async (path) => ({
    path: path.slice(packagesDir.length).replace(/^\/+/, ''),
    sha512: await hashFile(path),
  }));
  return [
    ...(await Promise.all(own)),
    ...offered.map(([name, { sha512 }]) => ({ path: `All/${name}${pkgSuffix}`, sha512 })),
  ];
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}

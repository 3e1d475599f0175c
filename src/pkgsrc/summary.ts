import { open, readdir, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { syncDirectory } from '../files.ts';
import { isPkgName } from './name.ts';
import type { PkgName } from './package.ts';
import { readPackageMetadata } from './pkgfile.ts';
import { temporaryName } from './repository/place.ts';
import { formatSummary } from './repository/summaryrecord.ts';
import { forEachLimited } from './scan/pool.ts';

export interface SummaryRequest {
  /** PACKAGES; the packages lie in `All` below it, and `All/pkg_summary.gz` is written. */
  readonly packagesDir: string;
  readonly pkgSuffix: string;
  /** Packages that may not be offered, beside those whose own NO_BIN_ON_FTP says so. */
  readonly restricted: ReadonlySet<PkgName>;
  /** Packages that failed in this build: a file that an earlier build left is no longer offered. */
  readonly failed: ReadonlySet<PkgName>;
  /** Of this agent, for the temporary name. */
  readonly owner: string;
  /** One line for a package file that is left out because it cannot be read. */
  readonly onWarning: (line: string) => void;
}

export interface SummaryResult {
  readonly file: string;
  readonly packages: number;
  /** Left out because NO_BIN_ON_FTP is set. */
  readonly restricted: number;
  /** Left out with a warning. */
  readonly unreadable: number;
}

const READERS = 4;

/**
 * Writes `All/pkg_summary.gz` anew from every package file of the repository, sorted by name: those of
 * earlier builds stay in it, but for what failed now. The old file is there until the new one is complete.
 */
export async function writeSummary(request: SummaryRequest): Promise<SummaryResult> {
  const allDir = join(request.packagesDir, 'All');
  const names = (await listPackages(allDir, request.pkgSuffix)).filter((name) => !request.failed.has(name));
  const entries = new Map<PkgName, string>();
  let restricted = 0;
  let unreadable = 0;
  await forEachLimited(names, READERS, async (pkgname) => {
    const fileName = `${pkgname}${request.pkgSuffix}`;
    const read = await readEntry(join(allDir, fileName), fileName);
    if (read.kind === 'unreadable') {
      unreadable += 1;
      request.onWarning(`${fileName} is not in pkg_summary: ${read.reason}`);
    } else if (read.restricted || request.restricted.has(pkgname)) restricted += 1;
    else entries.set(pkgname, read.text);
  });
  const file = join(allDir, 'pkg_summary.gz');
  const texts = names.flatMap((name) => entries.get(name) ?? []);
  await replaceCompressed(file, join(allDir, temporaryName(request.owner)), texts);
  await syncDirectory(allDir);
  return { file, packages: entries.size, restricted, unreadable };
}

async function listPackages(allDir: string, pkgSuffix: string): Promise<readonly PkgName[]> {
  const files = await readdir(allDir);
  return files
    .filter((file) => file.endsWith(pkgSuffix))
    .map((file) => file.slice(0, -pkgSuffix.length))
    .filter(isPkgName)
    .sort();
}

type Entry =
  | { readonly kind: 'entry'; readonly text: string; readonly restricted: boolean }
  | { readonly kind: 'unreadable'; readonly reason: string };

async function readEntry(path: string, fileName: string): Promise<Entry> {
  const result = await readPackageMetadata(path);
  if (result.kind === 'opaque') {
    return { kind: 'unreadable', reason: `it is in a form that cannot be read here: ${result.format}` };
  }
  if (result.kind === 'damaged') return { kind: 'unreadable', reason: result.reason };
  const { size } = await stat(path);
  const noBinOnFtp = splitLines(result.files.get('+BUILD_INFO')).find(
    (line) => nameOf(line) === 'NO_BIN_ON_FTP' && line.slice(nameOf(line).length + 1).trim() !== '',
  );
  const text = formatSummary(result.files, fileName, size);
  return { kind: 'entry', text, restricted: noBinOnFtp !== undefined };
}

async function replaceCompressed(path: string, temporary: string, texts: readonly string[]): Promise<void> {
  try {
    await using file = await open(temporary, 'wx', 0o644);
    await pipeline(Readable.from(texts), createGzip(), (compressed) => writeFile(file, compressed));
    await file.sync();
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

const nameOf = (line: string): string => line.slice(0, Math.max(0, line.indexOf('=')));

/** Lines without their newlines; a blank line in the middle counts, the end of the text does not. */
function splitLines(text: string | undefined): readonly string[] {
  if (text === undefined || text === '') return [];
  return text.replace(/\n$/, '').split('\n');
}

import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncDirectory } from '../../files.ts';
import type { CommandResult, Sandbox } from '../../sandbox/driver.ts';
import { isCategory } from '../name.ts';
import type { PkgName } from '../package.ts';
import { readPackageName } from '../pkgfile.ts';
import { linkCategories } from '../repository/categories.ts';
import { hashPackage, type PackageDigests } from '../repository/digest.ts';
import { NOTES_DIR, temporaryName, temporaryPrefix } from '../repository/place.ts';
import { findRoom } from './disk.ts';
import { MANY_LINKS, NO_REGULAR_FILE, NO_ROOM, READER_ENV, readFileArgv, TOO_LARGE } from './reader.ts';
import { makePlain } from './rights.ts';

export interface SaveRequest {
  readonly sandbox: Pick<Sandbox, 'run' | 'killAll'>;
  /** The finished package inside the sandbox: STAGE_PKGFILE. */
  readonly stageFile: string;
  readonly pkgname: PkgName;
  readonly pkgSuffix: string;
  /** More than this is no package but a mistake, or worse. */
  readonly packageBytesMax: number;
  /** PACKAGES of the host. */
  readonly packagesDir: string;
  /** CATEGORIES of the package: each gets a link `<category>/<file> -> ../All/<file>`. */
  readonly categories: readonly string[];
  /** A word of this agent for the temporary name, so that a sweep takes only its own. */
  readonly owner: string;
  /** What goes wrong inside is said here. */
  readonly logFd: number;
  /** One line for what went wrong without spoiling the package; must not reject. */
  readonly onWarning: (line: string) => Promise<void>;
  readonly signal: AbortSignal;
}

export type SaveResult =
  | ({ readonly kind: 'saved' } & PackageDigests)
  /** The package's own doing: no such file, a link in its place, too large, another package in it. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The package is sound as far as is known, but the repository has no room for it. */
  | { readonly kind: 'noRoom'; readonly detail: string }
  /** The command that read the file did not run or did not end by itself. */
  | { readonly kind: 'notRead'; readonly result: CommandResult };

/**
 * Brings the finished package out of the sandbox. It is in the repository whole and on disk, or not at all:
 * written where nobody else gets, hashed as written, checked, synced, renamed. Call it when nothing runs in
 * the sandbox any more; nothing does when it has ended. Throws what the host's file system throws (ENOSPC ...).
 */
export async function savePackage(request: SaveRequest): Promise<SaveResult> {
  const fileName = `${request.pkgname}${request.pkgSuffix}`;
  if (basename(request.stageFile) !== fileName) {
    return { kind: 'refused', reason: `make packs ${basename(request.stageFile)} instead of ${fileName}` };
  }
  const allDir = join(request.packagesDir, 'All');
  await mkdir(allDir, { recursive: true });
  const incoming = join(allDir, temporaryName(request.owner));
  await mkdir(incoming, { mode: 0o700 });
  try {
    const temporary = join(incoming, 'package');
    const result = await writeTemporary(request, temporary);
    if (result.kind !== 'saved') return result;
    await rename(temporary, join(allDir, fileName));
    await syncDirectory(allDir);
    const { packagesDir, pkgSuffix, owner, pkgname, categories } = request;
    const place = { packagesDir, pkgSuffix, owner };
    await linkCategories({ place, pkgname, categories }, request.onWarning);
    return result;
  } finally {
    await rm(incoming, { recursive: true, force: true });
  }
}

/**
 * Deletes what a killed life of this agent left half written, in `All`, beside it and in the categories. Returns how many
 * files and directories that were.
 */
export async function sweepTemporaries(packagesDir: string, owner: string): Promise<number> {
  const entries = await readdir(packagesDir, { withFileTypes: true }).catch(() => []);
  const dirs = entries.filter(
    (entry) => [NOTES_DIR, 'All'].includes(entry.name) || (entry.isDirectory() && isCategory(entry.name)),
  );
  let swept = 0;
  for (const { name: dir } of dirs) {
    swept += await sweepOwn(join(packagesDir, dir), owner);
  }
  return swept;
}

/** The same in one directory, and not below it. */
export async function sweepOwn(dir: string, owner: string): Promise<number> {
  const names = await readdir(dir).catch(() => []);
  const own = names.filter((name) => name.startsWith(temporaryPrefix(owner)) && name.endsWith('.tmp'));
  for (const name of own) await rm(join(dir, name), { recursive: true, force: true });
  return own.length;
}

async function writeTemporary(request: SaveRequest, temporary: string): Promise<SaveResult> {
  const { stageFile, packageBytesMax } = request;
  const roomBytes = Math.max(0, (await findRoom(dirname(temporary))) ?? packageBytesMax);
  await using file = await open(temporary, 'wx', 0o644);
  const result = await request.sandbox.run({
    argv: readFileArgv(stageFile, packageBytesMax, roomBytes, 'one'),
    env: READER_ENV,
    cwd: '/',
    user: undefined,
    network: false,
    output: { kind: 'split', stdoutFd: file.fd, stderrFd: request.logFd },
    signal: request.signal,
  });
  // The reader is a program of the sandbox, which the package may have put another in place of.
  await request.sandbox.killAll();
  await makePlain(file);
  const refusal = await refusalOf(request, result, temporary, file);
  if (refusal !== undefined) return refusal;
  const digests = await hashPackage(temporary);
  await file.sync();
  return { kind: 'saved', ...digests };
}

async function refusalOf(
  request: SaveRequest,
  result: CommandResult,
  temporary: string,
  file: FileHandle,
): Promise<SaveResult | undefined> {
  if (result.kind !== 'exited') return { kind: 'notRead', result };
  if (result.code === NO_REGULAR_FILE) {
    return { kind: 'refused', reason: `make left no package, or a link, at ${request.stageFile}` };
  }
  if (result.code === MANY_LINKS) {
    return { kind: 'refused', reason: `${request.stageFile} has other names as well` };
  }
  if (result.code === TOO_LARGE) {
    const mebibytes = Math.floor(request.packageBytesMax / 2 ** 20);
    return {
      kind: 'refused',
      reason: `${request.stageFile} is larger than the ${mebibytes} MiB that limits.package_size allows`,
    };
  }
  if (result.code === NO_ROOM) {
    return {
      kind: 'noRoom',
      detail: `${request.packagesDir} has no room for ${basename(request.stageFile)}`,
    };
  }
  if (result.code !== 0) return { kind: 'notRead', result };
  if ((await file.stat()).size === 0) return { kind: 'refused', reason: `${request.stageFile} is empty` };
  const found = await readPackageName(temporary);
  if (found.kind === 'named' && found.pkgname === request.pkgname) return undefined;
  if (found.kind === 'opaque') return undefined;
  const what = found.kind === 'named' ? `holds ${found.pkgname}` : found.reason;
  return { kind: 'refused', reason: `${request.stageFile} is not the package ${request.pkgname}: ${what}` };
}

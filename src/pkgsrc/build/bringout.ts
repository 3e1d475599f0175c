import { constants } from 'node:fs';
import { lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '../../errors.ts';
import { syncDirectory } from '../../files.ts';
import { temporaryName } from '../repository/place.ts';
import { findRoom } from './disk.ts';
import type { ListedFiles } from './distfiles.ts';
import type { Haul } from './haul.ts';
import { NO_REGULAR_FILE, NO_ROOM, READER_ENV, readFileArgv, TOO_LARGE } from './reader.ts';
import { makePlain } from './rights.ts';
import type { PackageRun } from './run.ts';

/**
 * Brings what a fetch got out of the sandbox into DISTDIR of this host: each file whole, as long as distinfo says, plain
 * and the agent's own, or not at all. What cannot be brought out is said and fetched again another time: the package has
 * what it needs. Throws `SandboxError` alone, when something in the sandbox cannot be killed.
 */
export async function bringOut(run: PackageRun, logFd: number, { caught }: Haul): Promise<void> {
  if (caught === undefined) return;
  const { files, names } = caught;
  // What still runs inside could change a file whose checksum was right.
  await run.killAll();
  const incoming = join(files.hostDir, temporaryName(run.request.owner));
  const complaints: string[] = [];
  const attempt = async (what: string, work: () => Promise<string | undefined>): Promise<boolean> => {
    const complaint = await work().catch((error: unknown) => messageOf(error));
    if (complaint !== undefined) complaints.push(`${what}: ${complaint}`);
    return complaint === undefined;
  };
  // Nobody else gets at a file that root inside can still give rights to.
  if (await attempt(files.hostDir, () => mkdir(incoming, { mode: 0o700 }).then(() => undefined))) {
    try {
      const read: ReadFile[] = [];
      for (const [index, name] of names.entries()) {
        const file = { name, temporary: join(incoming, String(index)), sizeBytes: files.sizes.get(name) };
        if (await attempt(name, () => readOut(run, logFd, files, file))) read.push(file);
      }
      // The readers are programs of the sandbox, which the package may have put others in place of.
      await run.killAll();
      for (const file of read) await attempt(file.name, () => settle(files, file));
    } finally {
      await attempt(incoming, () => rm(incoming, { recursive: true, force: true }).then(() => undefined));
    }
  }
  await report(run, complaints);
}

interface ReadFile {
  readonly name: string;
  readonly temporary: string;
  readonly sizeBytes: number | undefined;
}

/** All of them go to the log; the operator gets one line, as a disk that is full is so for a thousand files. */
async function report(run: PackageRun, complaints: readonly string[]): Promise<void> {
  const { record, signal, onWarning } = run.request;
  const [first] = complaints;
  if (first === undefined || signal.aborted) return;
  const words = 'not kept in DISTDIR, and fetched again another time';
  for (const complaint of complaints) await run.logs.note(`checksum: ${words}: ${complaint}`);
  const more = complaints.length === 1 ? '' : ` (and ${complaints.length - 1} more, see setup.log)`;
  onWarning(`${record.pkgname}: ${words}: ${first}${more}`);
}

/** Copies a file out of the sandbox; returns why not. */
async function readOut(
  run: PackageRun,
  logFd: number,
  files: ListedFiles,
  { name, temporary, sizeBytes }: ReadFile,
): Promise<string | undefined> {
  if (sizeBytes === undefined) return 'distinfo does not tell its size';
  const roomBytes = Math.max(0, (await findRoom(files.hostDir)) ?? sizeBytes);
  await using file = await open(temporary, 'wx', 0o600);
  const { sandbox, signal } = run.request;
  const result = await sandbox.run({
    argv: readFileArgv(join(files.dir, name), sizeBytes, roomBytes),
    env: READER_ENV,
    cwd: '/',
    user: undefined,
    network: false,
    output: { kind: 'split', stdoutFd: file.fd, stderrFd: logFd },
    signal,
  });
  if (result.kind !== 'exited') return `reading it: ${result.kind}`;
  switch (result.code) {
    case 0:
      return undefined;
    case NO_REGULAR_FILE:
      return 'it is no regular file';
    case TOO_LARGE:
      return 'it is longer than distinfo says';
    case NO_ROOM:
      return `${files.hostDir} has no room for it`;
    default:
      return `reading it ended with ${result.code}`;
  }
}

/** Gives a file that was read its name on this host; returns why not. */
async function settle(
  files: ListedFiles,
  { name, temporary, sizeBytes = 0 }: ReadFile,
): Promise<string | undefined> {
  await using file = await open(temporary, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const stats = await file.stat();
  if (!stats.isFile() || stats.size !== sizeBytes) return 'it is not as long as distinfo says';
  await makePlain(file);
  await file.sync();
  const place = join(files.hostDir, name);
  const foreign = await makeParents(files.hostDir, name);
  if (foreign !== undefined) return `${foreign} is no directory of its own`;
  const there = await lstat(place).catch(() => undefined);
  // Somebody else was faster, or left there what is for its owner to judge.
  if (there !== undefined && !(there.isFile() && there.size < sizeBytes)) return undefined;
  await rename(temporary, place);
  await syncDirectory(dirname(place));
  return undefined;
}

/** Makes the directories between DISTDIR and a file; returns the first in whose place there is something else. */
export async function makeParents(dir: string, name: string): Promise<string | undefined> {
  // Whose directory it is could put a link in its place, which root would then follow.
  const trusted = [0, process.geteuid?.(), (await lstat(dir)).uid];
  let parent = dir;
  for (const part of name.split('/').slice(0, -1)) {
    parent = join(parent, part);
    await mkdir(parent, { mode: 0o755 }).catch(() => undefined);
    const stats = await lstat(parent);
    if (!stats.isDirectory() || !trusted.includes(stats.uid)) return parent;
  }
  return undefined;
}

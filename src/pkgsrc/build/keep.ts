import { constants } from 'node:fs';
import { lstat, mkdir, open, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../../errors.ts';
import { findRoom } from './disk.ts';
import { READER_ENV, readFileArgv } from './reader.ts';
import type { PackageRun } from './run.ts';

/** More than this of one kept file is no log that a person reads. */
const FILE_BYTES_MAX = 64 << 20;
const FILES_MAX = 200;
const LIST_BYTES_MAX = 1 << 20;
const LIST_MS_MAX = 120_000;
const FILE_MS_MAX = 60_000;
const ARCHIVE_MS_MAX = 3_600_000;
/** Of the room that is left on the disk of the logs, what one archive may take. */
const ROOM_SHARE = 0.5;

/** Directory beside the logs for files that match `save`. */
export const KEPT_FILES_DIR = 'wrkdir-files';

/**
 * Keeps what the operator wants to see of a package that failed, beside its logs: `wrkdir.tar.gz` and `prefix.tar.gz`
 * as pbulk has them, and single files below `wrkdir-files/`. Read inside the sandbox, by programs that follow no link;
 * call it when nothing of the package runs any more. What goes wrong is a note, never an error.
 */
export async function keepRemains(
  run: PackageRun,
  workDir: string,
  { isInstalled }: { readonly isInstalled: boolean },
): Promise<void> {
  const { policy, tree } = run.request;
  const guard = (what: string, work: Promise<void>): Promise<void> =>
    work.catch((error: unknown) => run.logs.note(`${what} was not kept: ${messageOf(error)}`));
  if (policy.save.length > 0) await guard('what was to be saved', keepFiles(run, workDir));
  if (policy.keepWrkdir) await guard('the work directory', keepArchive(run, workDir, 'wrkdir.tar.gz'));
  if (policy.keepPrefix && isInstalled) {
    await guard('the prefix', keepArchive(run, tree.prefix, 'prefix.tar.gz'));
  }
}

/** Packs a directory; cut off, and then thrown away, where it grows beyond its share of the disk. */
const archiveScript = 'tar -C "$1" -cf - "./$2" | gzip -c | head -c "$3"';

async function keepArchive(run: PackageRun, dir: string, name: string): Promise<void> {
  const { sandbox, signal } = run.request;
  const maxBytes = await findShare(run);
  const path = join(run.logs.dir, name);
  await using file = await open(path, 'wx', 0o644);
  await using log = await run.logs.open('setup');
  const result = await sandbox.run({
    argv: ['/bin/sh', '-c', archiveScript, 'sh', dirname(dir), basename(dir), String(maxBytes)],
    env: READER_ENV,
    cwd: '/',
    user: undefined,
    network: false,
    output: { kind: 'split', stdoutFd: file.fd, stderrFd: log.fd },
    signal: AbortSignal.any([signal, AbortSignal.timeout(ARCHIVE_MS_MAX)]),
  });
  const { size } = await file.stat();
  if (result.kind === 'exited' && result.code === 0 && size < maxBytes) return;
  await unlink(path);
  await run.logs.note(
    size >= maxBytes
      ? `${name} was not kept: it would take more than ${maxBytes} bytes, half of the room on the disk`
      : `${name} was not kept: the program that packs it did not end well`,
  );
}

async function keepFiles(run: PackageRun, workDir: string): Promise<void> {
  const names = await listNames(run, workDir);
  for (const name of names.slice(0, FILES_MAX)) await keepFile(run, workDir, name);
  if (names.length <= FILES_MAX) return;
  await run.logs.note(`only ${FILES_MAX} of ${names.length} files to save were kept`);
}

/** By the build user: what that one cannot read, the package could not have printed either. */
async function listNames(run: PackageRun, workDir: string): Promise<readonly string[]> {
  const { policy, sandbox, signal, user } = run.request;
  const paths = policy.save.flatMap((pattern, index) => [
    ...(index === 0 ? [] : ['-o']),
    '-path',
    `./${pattern}`,
  ]);
  const result = await sandbox.run({
    argv: ['/usr/bin/find', '.', '-xdev', '-type', 'f', '(', ...paths, ')', '-print0'],
    env: READER_ENV,
    cwd: workDir,
    user,
    network: false,
    output: { kind: 'capture', maxBytes: LIST_BYTES_MAX },
    signal: AbortSignal.any([signal, AbortSignal.timeout(LIST_MS_MAX)]),
  });
  if (result.kind !== 'exited') return [];
  // A list that was cut ends within a name.
  const found = result.stdout.split('\0').slice(0, -1);
  return found
    .map((path) => path.slice(2))
    .filter(isPlainName)
    .sort();
}

/** Fit to be a file below a directory of ours: it leaves that by no part, and a terminal can show it. */
const isPlainName = (name: string): boolean =>
  name.length <= 1000 &&
  !/[\x00-\x1f\x7f-\x9f\ufffd\\]/.test(name) &&
  name.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part.length <= 200);

async function keepFile(run: PackageRun, workDir: string, name: string): Promise<void> {
  const { sandbox, signal, user } = run.request;
  const path = join(run.logs.dir, KEPT_FILES_DIR, name);
  await mkdir(dirname(path), { recursive: true });
  await using file = await open(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o644);
  await using log = await run.logs.open('setup');
  const roomBytes = await findShare(run);
  const result = await sandbox.run({
    argv: readFileArgv(join(workDir, name), FILE_BYTES_MAX, roomBytes),
    env: READER_ENV,
    cwd: '/',
    user,
    network: false,
    output: { kind: 'split', stdoutFd: file.fd, stderrFd: log.fd },
    signal: AbortSignal.any([signal, AbortSignal.timeout(FILE_MS_MAX)]),
  });
  if (result.kind === 'exited' && result.code === 0) return;
  if ((await lstat(path)).isFile()) await unlink(path);
  await run.logs.note(`${name} was not kept: it is no plain file, too large, or cannot be read`);
}

async function findShare(run: PackageRun): Promise<number> {
  const roomBytes = (await findRoom(run.logs.dir)) ?? FILE_BYTES_MAX;
  return Math.max(0, Math.floor(roomBytes * ROOM_SHARE));
}

import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { BulkmeshError } from '../../src/errors.ts';
import { syncDirectory } from '../../src/files.ts';
import { findRoom } from '../../src/pkgsrc/build/disk.ts';
import { READER_ENV, readFileArgv } from '../../src/pkgsrc/build/reader.ts';
import { makePlain } from '../../src/pkgsrc/build/rights.ts';
import type { Sandbox } from '../../src/sandbox/driver.ts';
import { runTool } from '../../src/sandbox/process.ts';
import { removeTree } from '../../src/sandbox/remove.ts';
import { halfMadePath, sweepHalfMade } from '../halfMade.ts';

/** More than this is no kit. */
const kitBytesMax = 4 * 2 ** 30;

export interface KitContents {
  /** PKG_DBDIR, by where the kit's own packages are registered. */
  readonly pkgDbdir: string;
  readonly sizeBytes: number;
}

interface KitSave {
  readonly sandbox: Sandbox;
  /** Inside. */
  readonly from: string;
  /** Outside: absent until the kit is whole and on disk. */
  readonly to: string;
  readonly prefix: string;
  readonly log: FileHandle;
  readonly signal: AbortSignal;
}

/**
 * Brings the kit out of the sandbox, and looks into it. Throws BOOTSTRAP_NO_KIT when it is no kit for this prefix or
 * cannot be read; nothing half made is left.
 */
export async function saveKit(request: KitSave): Promise<KitContents> {
  const { sandbox, from, to, log, signal } = request;
  await mkdir(dirname(to), { recursive: true });
  await sweepHalfMade(to);
  const next = halfMadePath(to);
  try {
    await using file = await open(next, 'wx', 0o644);
    const room = Math.max(0, (await findRoom(dirname(next))) ?? kitBytesMax);
    const result = await sandbox.run({
      argv: readFileArgv(from, kitBytesMax, room),
      env: READER_ENV,
      cwd: '/',
      user: undefined,
      network: false,
      output: { kind: 'split', stdoutFd: file.fd, stderrFd: log.fd },
      signal,
    });
    signal.throwIfAborted();
    if (result.kind !== 'exited' || result.code !== 0) {
      throw noKit(
        to,
        `the script left none that could be read${room < kitBytesMax ? ', or there is no room' : ''}`,
      );
    }
    // The reader was a program of the sandbox: none is left that could change the kit behind our back.
    await sandbox.killAll();
    await makePlain(file);
    await file.sync();
    const contents = await inspectKit(next, request.prefix, to);
    await rename(next, to);
    await syncDirectory(dirname(to));
    return { ...contents, sizeBytes: (await file.stat()).size };
  } catch (error) {
    await removeTree(next);
    throw error;
  }
}

async function inspectKit(
  file: string,
  prefix: string,
  name: string,
): Promise<Omit<KitContents, 'sizeBytes'>> {
  const listed = await runTool(['tar', '-tf', file]);
  if (!listed.ok) throw noKit(name, listed.stderr.split('\n')[0] ?? '');
  const members = listed.stdout.split('\n').map((member) => member.replace(/^(?:\.?\/)*/, '/'));
  if (!members.some((member) => member === `${prefix}/etc/mk.conf`)) {
    throw noKit(name, `it has no ${prefix}/etc/mk.conf`);
  }
  const registered = members.find((member) => basename(member) === '+CONTENTS');
  if (registered === undefined) throw noKit(name, 'no package is registered in it');
  return { pkgDbdir: dirname(dirname(registered)) };
}

function noKit(to: string, why: string): BulkmeshError {
  return new BulkmeshError(
    'BOOTSTRAP_NO_KIT',
    `bootstrap ended well, but ${basename(to)} is no kit: ${why}`,
    {
      hint: 'see its log, and whether words of your own change where it puts things',
    },
  );
}

import type { Command, Sandbox } from '../../sandbox/driver.ts';
import { FREE_BYTES_MIN } from './disk.ts';
import { READER_ENV } from './reader.ts';

const ASK_MS_MAX = 10_000;

/**
 * A line for a person when a work area in memory has no room left; undefined when it has, or cannot be asked. Only inside
 * does anybody see it.
 */
export async function findFullWorkArea(
  sandbox: Pick<Sandbox, 'run'>,
  workDir: string,
): Promise<string | undefined> {
  const ask = (option: string): Command => ({
    argv: ['df', option, '--', workDir],
    env: READER_ENV,
    cwd: '/',
    user: undefined,
    network: false,
    output: { kind: 'capture', maxBytes: 4096 },
    signal: AbortSignal.timeout(ASK_MS_MAX),
  });
  const room = parseRoom(await sandbox.run(ask('-Pk')));
  if (room !== undefined && room.free * 1024 < Math.min(FREE_BYTES_MIN, (room.size * 1024) / 20)) {
    return `the work area in memory, ${Math.floor(room.size / 1024)} MiB, has ${room.free} KiB left`;
  }
  const files = parseRoom(await sandbox.run(ask('-Pi')));
  if (files?.free !== 0 || files.size === 0) return undefined;
  return `the work area in memory can hold no more than ${files.size} files`;
}

/** The second line of df(1), as POSIX has it: name, size, used, free. */
function parseRoom(
  result: Awaited<ReturnType<Sandbox['run']>>,
): { readonly size: number; readonly free: number } | undefined {
  if (result.kind !== 'exited' || result.code !== 0) return undefined;
  const found = /^\S+\s+(\d+)\s+\d+\s+(\d+)\s/.exec(result.stdout.split('\n')[1] ?? '');
  return found === null ? undefined : { size: Number(found[1]), free: Number(found[2]) };
}

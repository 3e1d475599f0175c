import { mkdtemp, rmdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import { slotsDir } from '../../src/sandbox/record.ts';

/**
 * Lends a directory on the file system that the slots will use: that of the agent where it is there, which an examination
 * must not make, else one that is gone afterwards; where none can be made, its parent.
 */
export async function withStatePlace<Result>(
  config: Config | undefined,
  use: (dir: string) => Promise<Result>,
): Promise<Result> {
  const state = config?.paths.state;
  if (state !== undefined && (await isThere(state))) return use(state);
  const parent = state === undefined ? tmpdir() : await findExisting(dirname(state));
  const scratch = await mkdtemp(join(parent, '.bulkmesh-doctor-')).catch(() => undefined);
  if (scratch === undefined) return use(parent);
  try {
    return await use(scratch);
  } finally {
    // Empty by the promise of whoever used it; what is not stays, for nothing here may delete what it did not make.
    for (const dir of [slotsDir(scratch), scratch]) await rmdir(dir).catch(() => undefined);
  }
}

async function findExisting(path: string): Promise<string> {
  return (await isThere(path)) || path === dirname(path) ? path : findExisting(dirname(path));
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

import { lstatSync } from 'node:fs';
import { killOccupants } from '../cleanup/occupants.ts';
import { cleanPlace } from '../cleanup/place.ts';
import { unmountWithin } from '../cleanup/unmount.ts';
import { reach } from '../faultpoint.ts';
import type { SlotRecord } from '../record.ts';
import { isClaimedBy, releaseRoot } from './claim.ts';
import { runOwn } from './own-program.ts';

/** What the record of a slot says of its chroot. */
export type ChrootRecord = Exclude<SlotRecord['chroot'], undefined>;

export interface Cleared {
  readonly processesKilled: number;
  readonly mountsRemoved: number;
}

/**
 * Takes a chroot and its slot's directory away: kills all that uses it, has the operator's program remove it where there
 * is one, unmounts what is mounted still, proves and deletes. A root that is not ours is left alone. Throws as
 * `cleanPlace`; the same call goes on with what is left.
 */
export async function clearChroot(slotDir: string, { root, token, remover }: ChrootRecord): Promise<Cleared> {
  let processesKilled = 0;
  let mountsRemoved = 0;
  const kill = (dir: string) => async () => {
    processesKilled += await killOccupants(dir);
  };
  if (token !== undefined && isClaimedBy(root, token)) {
    await kill(root)();
    if (remover !== undefined) mountsRemoved += await removeByProgram(root, remover);
    mountsRemoved += await cleanPlace({ dir: root, kill: kill(root) });
    releaseRoot(root, token);
    reach('chroot.released');
  }
  mountsRemoved += await cleanPlace({ dir: slotDir, kill: kill(slotDir) });
  return { processesKilled, mountsRemoved };
}

/**
 * The operator's program, and once more when that left something: then nothing is mounted there any more. What it says
 * or how it ends decides nothing, what is left does.
 */
async function removeByProgram(root: string, remover: readonly string[]): Promise<number> {
  if (!isThere(root)) return 0;
  await runOwn([...remover, root]);
  if (!isThere(root)) return 0;
  const { removed } = await unmountWithin(root);
  if (isThere(root)) await runOwn([...remover, root]);
  return removed;
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

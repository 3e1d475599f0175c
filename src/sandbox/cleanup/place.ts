import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../../errors.ts';
import { errorCode, SandboxError } from '../error.ts';
import { reach } from '../faultpoint.ts';
import { mountsWithin } from '../mounts.ts';
import { removeTree } from '../remove.ts';
import { findOccupants, nameOccupants } from './occupants.ts';
import type { UnmountTools } from './tools.ts';
import { type UnmountReport, unmountWithin } from './unmount.ts';

const trashPrefix = '.trash-';

/** A name that says: delete this. */
export function trashName(name: string, unique: string): string {
  return `${trashPrefix}${name}-${unique}`;
}

/** Whether a name in the directory of slots is one that `trashName` made. */
export function isTrashName(name: string): boolean {
  return name.startsWith(trashPrefix);
}

/** Whether a name is one that `trashName` made of a slot's; one slot's name may begin with another's. */
export function isTrashOf(name: string, slot: string): boolean {
  const prefix = trashName(slot, '');
  return name.startsWith(prefix) && /^[0-9a-f]{12}$/.test(name.slice(prefix.length));
}

/** What is to be taken away. */
export interface Place {
  /** A directory of ours, marked as such; its last part is no link. */
  readonly dir: string;
  /**
   * Ends every process that may use it, and throws when one will not end; called before each try. Then the place must be
   * proven empty of processes. Undefined where they are known to have ended: who still looks into the directory is then
   * a process of the host, which is left alone, and named when it keeps something busy.
   */
  readonly kill?: (() => Promise<unknown>) | undefined;
  readonly tools?: UnmountTools;
}

/**
 * Takes a directory away for good: ends its processes, unmounts what is mounted below, proves by the kernel's tables that
 * nothing is mounted and nobody is inside, gives it a name that says that it may go, and deletes it without crossing
 * devices, mounts and links. Returns how many mounts it removed. A directory that is gone is fine: what earlier tries
 * renamed and could not delete is deleted then.
 *
 * Throws SANDBOX_DESTROY with everything tried, SANDBOX_REMOVE or SANDBOX_MOUNTS; the directory is then still there,
 * under its name or as trash, and the same call goes on with it.
 */
export async function cleanPlace(place: Place): Promise<number> {
  const { dir, kill, tools } = place;
  await kill?.();
  const again = async () => {
    await kill?.();
  };
  const report = await unmountWithin(dir, tools === undefined ? { again } : { again, tools });
  await proveUnmounted(dir, report);
  if (kill !== undefined) await proveEmpty(dir, kill);
  reach('clean.unmounted');
  const name = basename(dir);
  if (!existsSync(dir)) {
    // An earlier try got as far as the new name.
    for (const old of trashOf(dirname(dir), name)) await removeTree(join(dirname(dir), old));
    return report.removed;
  }
  const trash = isTrashName(name) ? dir : moveAside(dir);
  reach('clean.renamed');
  await removeTree(trash);
  reach('clean.deleted');
  return report.removed;
}

/** A full file system may have no room for the new name: then it is deleted under its own. */
function moveAside(dir: string): string {
  const trash = join(dirname(dir), trashName(basename(dir), randomBytes(6).toString('hex')));
  try {
    renameSync(dir, trash);
    return trash;
  } catch (error) {
    if (['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '')) return dir;
    throw new SandboxError('SANDBOX_DESTROY', `cannot rename ${dir}: ${messageOf(error)}`, {
      hint: 'see who mounts or writes there; the next try goes on',
      cause: error,
    });
  }
}

async function proveUnmounted(dir: string, { said, tries }: UnmountReport): Promise<void> {
  const left = mountsWithin(dir).map(({ target }) => target);
  if (left.length === 0) return;
  const occupants = await findOccupants(dir);
  const words = [
    `still mounted after ${tries} tries, by force and lazily: ${left.join(', ')}`,
    ...said,
    ...(occupants.length > 0 ? [`in use by ${nameOccupants(occupants)}`] : []),
  ];
  throw new SandboxError('SANDBOX_DESTROY', words.join('; '), {
    hint: 'end who uses it, unmount it, then run `bulkmesh sandbox destroy`',
  });
}

/** Somebody may have come in between the last kill and the last unmount. */
async function proveEmpty(dir: string, kill: () => Promise<unknown>): Promise<void> {
  if ((await findOccupants(dir)).length === 0) return;
  await kill();
  const occupants = await findOccupants(dir);
  if (occupants.length === 0) return;
  throw new SandboxError('SANDBOX_DESTROY', `still in ${dir}: ${nameOccupants(occupants)}`, {
    hint: 'end these processes, then run `bulkmesh sandbox destroy`',
  });
}

function trashOf(parent: string, name: string): readonly string[] {
  const names = existsSync(parent) ? readdirSync(parent) : [];
  return names.filter((one) => isTrashOf(one, name));
}

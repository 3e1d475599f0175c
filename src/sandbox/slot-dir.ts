import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SandboxError } from './error.ts';
import { unmountWithin } from './mounts.ts';
import { removeTree } from './remove.ts';

const trashPrefix = '.trash-';

/** A name that says: delete this. */
export function trashName(name: string, unique: string): string {
  return `${trashPrefix}${name}-${unique}`;
}

/** Whether a name in the directory of slots is one that `trashName` made. */
export function isTrashName(name: string): boolean {
  return name.startsWith(trashPrefix);
}

/**
 * Takes a slot's directory away when no process uses it any more: unmounts what is mounted below, proves by the
 * kernel's table that nothing is, renames it out of the way and deletes it. Returns how many mounts it removed.
 * A directory that is gone is fine: what earlier tries renamed and could not delete is deleted then.
 * Throws SANDBOX_DESTROY or SANDBOX_REMOVE; the directory is then still there, under its name or as trash.
 */
export async function removeSlotDir(dir: string): Promise<number> {
  const { removed, left } = await unmountWithin(dir);
  if (left.length > 0) {
    throw new SandboxError(
      'SANDBOX_DESTROY',
      `still mounted after 8 tries and a lazy one: ${left.join(', ')}`,
      {
        hint: 'see with fuser or lsof who uses it, unmount it, then run `bulkmesh sandbox destroy`',
      },
    );
  }
  const name = basename(dir);
  if (!existsSync(dir)) {
    // An earlier try got as far as the new name.
    for (const old of trashOf(dirname(dir), name)) await removeTree(join(dirname(dir), old));
    return removed;
  }
  const trash = isTrashName(name) ? dir : join(dirname(dir), trashName(name, randomBytes(6).toString('hex')));
  if (trash !== dir) renameSync(dir, trash);
  await removeTree(trash);
  return removed;
}

/** The names that `trashName` made of a slot's; one slot's name may begin with another's. */
function trashOf(parent: string, name: string): readonly string[] {
  const prefix = trashName(name, '');
  const names = existsSync(parent) ? readdirSync(parent) : [];
  return names.filter((one) => one.startsWith(prefix) && /^[0-9a-f]{12}$/.test(one.slice(prefix.length)));
}

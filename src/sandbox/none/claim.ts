import { existsSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../../errors.ts';
import { SandboxError } from '../error.ts';
import { mountsWithin } from '../mounts.ts';
import type { SlotRecord } from '../record.ts';
import { emptyDirectory, removeEmpty } from '../remove.ts';

/** In every directory that a build without isolation may empty. Without it, and not empty: not ours. */
const marker = '.bulkmesh-owned';

/** A directory taken, and the outermost directory that had to be made for it. */
export type Claim = SlotRecord['claims'][number];

/**
 * Throws unless every directory may be emptied: absent, empty, or marked by an earlier build. SANDBOX_FOREIGN_DIR
 * names the first that may not.
 */
export function checkClaimable(dirs: readonly string[]): void {
  for (const dir of dirs) {
    const stat = lstatSync(dir, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    const mount = mountsWithin(dir).find((below) => below.target !== dir);
    const isOurs = stat.isDirectory() && (existsSync(join(dir, marker)) || isEmpty(dir));
    if (isOurs && mount === undefined) continue;
    const why =
      mount === undefined ? `${dir} has content that is not ours` : `${mount.target} is mounted in ${dir}`;
    throw new SandboxError('SANDBOX_FOREIGN_DIR', `building without isolation would empty it: ${why}`, {
      hint: 'run as root on Linux for real sandboxes, or set pkgsrc.prefix and pkgsrc.pkgDbdir to unused directories',
    });
  }
}

/** What taking these directories will make; to be recorded before `takeClaims`. */
export function planClaims(dirs: readonly string[]): readonly Claim[] {
  return dirs.map((path) => {
    let made: string | undefined;
    for (let at = path; !existsSync(at); at = dirname(at)) made = at;
    return made === undefined ? { path } : { path, made };
  });
}

/** Makes, marks and empties the directories. Call `checkClaimable` before. */
export async function takeClaims(claims: readonly Claim[]): Promise<void> {
  for (const { path } of claims) {
    try {
      mkdirSync(path, { recursive: true, mode: 0o755 });
      await emptyDirectory(path);
      writeFileSync(
        join(path, marker),
        'Directory of a bulkmesh build without isolation: emptied before each package.\n',
      );
    } catch (error) {
      if (error instanceof SandboxError) throw error;
      throw new SandboxError('SANDBOX_PREPARE', `cannot take ${path}: ${messageOf(error)}`, {
        hint: 'choose a directory that this user can write',
        cause: error,
      });
    }
  }
}

/** Empties marked directories and removes what was made for them. */
export async function releaseClaims(claims: readonly Claim[]): Promise<void> {
  for (const { path, made } of claims) {
    if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) continue;
    if (!existsSync(join(path, marker)) && !isEmpty(path)) continue;
    await emptyDirectory(path);
    if (made !== undefined) removeEmpty(path, made);
  }
}

function isEmpty(dir: string): boolean {
  return readdirSync(dir).length === 0;
}

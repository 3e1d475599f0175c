import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { SlotName } from '../../core/ids.ts';
import { findForeignStep } from '../../files.ts';
import { SandboxError } from '../error.ts';
import { checkPath } from '../names.ts';

/**
 * The root of a slot's chroot for a configured `sandbox.chroot_dir`: `/chroot/pkgsrc` gives `/chroot/pkgsrc-build-1`, as
 * the kernel names it. Throws SANDBOX_SPEC when the directory around it is not there, or another account than root could
 * put something else in its place.
 */
export function rootBeside(chrootDir: string, slot: SlotName): string {
  checkPath(chrootDir, 'sandbox.chroot_dir');
  const parent = dirname(chrootDir);
  if (!lstatSync(parent, { throwIfNoEntry: false })) {
    throw new SandboxError('SANDBOX_SPEC', `sandbox.chroot_dir is ${chrootDir}, but there is no ${parent}`, {
      hint: `make it: mkdir -p ${parent}`,
    });
  }
  const step = findForeignStep(chrootDir, [0]);
  if (step !== undefined) {
    throw new SandboxError(
      'SANDBOX_SPEC',
      `sandbox.chroot_dir is ${chrootDir}, but an account that is not root could put something else there, by ${step}`,
      { hint: `give ${step} to root and let nobody else write there, or choose another directory` },
    );
  }
  return `${join(realpathSync(parent), basename(chrootDir))}-${slot}`;
}

/** Throws SANDBOX_BUSY when something is at the root already: it is not ours, and stays as it is. */
export function refuseExisting(root: string): void {
  if (lstatSync(root, { throwIfNoEntry: false }) === undefined) return;
  throw new SandboxError('SANDBOX_BUSY', `${root} is already there, and not ours`, {
    hint: 'see who made it and remove it by hand, or choose another sandbox.chroot_dir',
  });
}

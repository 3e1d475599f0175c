import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { messageOf } from '../../errors.ts';
import { errorCode, SandboxError } from '../error.ts';

/**
 * A root that does not lie in the agent's own directory has a file beside it that says whose it is: agents with other
 * state directories, and people, may use the same names.
 */
const claimFile = (root: string): string => `${root}.bulkmesh`;

/** Claims a root for whoever knows the token. Throws SANDBOX_BUSY when there is a claim, else SANDBOX_PREPARE. */
export function claimRoot(root: string, token: string): void {
  const file = claimFile(root);
  let fd: number;
  try {
    fd = openSync(file, 'wx', 0o600);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') {
      throw new SandboxError('SANDBOX_BUSY', `${root} is claimed by another agent: ${file} is there`, {
        hint: 'choose another sandbox.chroot_dir; or, when no agent uses it, delete that file and the directory',
      });
    }
    throw new SandboxError('SANDBOX_PREPARE', `cannot make ${file}: ${messageOf(error)}`, {
      hint: 'make the directory in which chroots are to lie',
      cause: error,
    });
  }
  try {
    writeSync(fd, `${token}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Whether the root is claimed with this token. */
export function isClaimedBy(root: string, token: string): boolean {
  try {
    return readFileSync(claimFile(root), 'utf8') === `${token}\n`;
  } catch {
    return false;
  }
}

/** Gives a claim up. */
export function releaseRoot(root: string, token: string): void {
  if (isClaimedBy(root, token)) rmSync(claimFile(root), { force: true });
}

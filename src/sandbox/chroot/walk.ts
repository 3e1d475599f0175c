import { chmodSync, chownSync, lstatSync, mkdirSync } from 'node:fs';
import { SandboxError } from '../error.ts';
import { ancestorsOf } from '../names.ts';

/**
 * Makes a directory inside a root, and those above it, 0755. Every component that is there already must be a directory:
 * a link could lead anywhere on the host. True when it was made. Throws SANDBOX_SPEC.
 */
export function makeInside(root: string, path: string): boolean {
  let isMade = false;
  for (const part of [...ancestorsOf(path), path]) {
    const stat = lstatSync(root + part, { throwIfNoEntry: false });
    isMade = stat === undefined;
    if (stat === undefined) {
      mkdirSync(root + part, { mode: 0o755 });
      // Whatever umask this process has.
      chmodSync(root + part, 0o755);
    } else if (!stat.isDirectory()) {
      throw new SandboxError('SANDBOX_SPEC', `${path} lies behind ${part}, which is no directory inside`, {
        hint: 'give the path that it leads to',
      });
    }
  }
  return isMade;
}

/** The directory of a path inside when every component is a real one; undefined where there is none yet. */
export function findInside(root: string, path: string): string | undefined {
  for (const part of [...ancestorsOf(path), path]) {
    const stat = lstatSync(root + part, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    if (stat.isDirectory()) continue;
    throw new SandboxError('SANDBOX_PREPARE', `${path} lies behind ${root}${part}, which is no directory`, {
      hint: 'nothing is deleted or written through links: give the path that it leads to',
    });
  }
  return root + path;
}

/** Makes a fresh directory of somebody's own; there must be nothing of another kind. */
export function makeOwned(
  root: string,
  path: string,
  owner: { readonly uid: number; readonly gid: number } | undefined,
): void {
  makeInside(root, path);
  if (owner !== undefined && process.getuid?.() === 0) chownSync(root + path, owner.uid, owner.gid);
  chmodSync(root + path, 0o755);
}

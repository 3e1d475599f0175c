import { realpathSync, statSync } from 'node:fs';
import { SandboxError } from '../error.ts';
import { type MountEntry, mountsWithin } from '../mounts.ts';
import { checkPath, isWithin } from '../names.ts';
import { hostMount } from './script.ts';

export function checkTarget(target: string, what: string): void {
  checkPath(target, what);
  if (['/proc', '/dev', '/sys', hostMount].some((dir) => isWithin(target, dir))) {
    throw specError(`${target} belongs to the sandbox itself`);
  }
}

export function realDirectory(path: string): string {
  if (!isDirectory(path)) {
    throw new SandboxError('SANDBOX_SPEC', `the shared directory ${path} does not exist on this host`, {
      hint: 'make it, or take it out of the configuration',
    });
  }
  const real = realpathSync(path);
  checkPath(real, 'shared directory');
  return real;
}

/** The uppermost mount at each mount point below a directory. */
export function submounts(dir: string): readonly MountEntry[] {
  const byTarget = new Map(mountsWithin(dir).map((mount) => [mount.target, mount]));
  byTarget.delete(dir);
  return [...byTarget.values()];
}

export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

export function specError(message: string): SandboxError {
  return new SandboxError('SANDBOX_SPEC', message, {
    hint: 'change the directories of the sandbox in the configuration',
  });
}

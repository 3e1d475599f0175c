import { readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SandboxError } from './error.ts';
import {
  type MountEntry,
  parseMnttab,
  parseMountinfo,
  parseMountListed,
  parseMountTyped,
} from './mount-formats.ts';
import { isWithin } from './names.ts';
import { runToolNow } from './process.ts';

export type { MountEntry } from './mount-formats.ts';

/** Where a system has its mount table; all list in the order in which things were mounted. */
type TableSource =
  | { readonly kind: 'file'; readonly path: string; readonly parse: typeof parseMnttab }
  | { readonly kind: 'program'; readonly argv: readonly string[]; readonly parse: typeof parseMnttab };

const listed: TableSource = { kind: 'program', argv: ['mount'], parse: parseMountListed };
const typed: TableSource = { kind: 'program', argv: ['mount'], parse: parseMountTyped };
const sources: Partial<Record<NodeJS.Platform, TableSource>> = {
  linux: { kind: 'file', path: '/proc/self/mountinfo', parse: parseMountinfo },
  sunos: { kind: 'file', path: '/etc/mnttab', parse: parseMnttab },
  netbsd: typed,
  openbsd: typed,
  freebsd: listed,
  darwin: listed,
};

/** The mounts that a process of Linux sees, in the order they were made; empty where /proc does not tell. */
export function readMounts(pid: number | 'self' = 'self'): readonly MountEntry[] {
  return parseMountinfo(readOrEmpty(`/proc/${pid}/mountinfo`));
}

/**
 * The mounts of this host, in the order they were made, from the kernel. Throws SANDBOX_MOUNTS where they cannot be told:
 * that nothing is mounted somewhere is concluded from this table alone, and no host is without any mount.
 */
export function readMountTable(): readonly MountEntry[] {
  const source = sources[process.platform];
  const mounts = source === undefined ? [] : source.parse(readSource(source));
  if (mounts.length > 0) return mounts;
  throw new SandboxError('SANDBOX_MOUNTS', `cannot read what is mounted on this host (${process.platform})`, {
    hint: 'on Linux /proc must be mounted; elsewhere mount(8) without arguments must list what is mounted',
  });
}

/** Those mounted at or below `dir`, as the table orders them. Throws as `readMountTable`. */
export function mountsWithin(dir: string, mounts = readMountTable()): readonly MountEntry[] {
  const real = kernelPath(dir);
  return mounts.filter((mount) => isWithin(mount.target, real));
}

/** The name that the kernel has for a path: links before its last part are followed, the last part is not. */
export function kernelPath(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}

function readSource(source: TableSource): string {
  switch (source.kind) {
    case 'file':
      return readOrEmpty(source.path);
    case 'program':
      return runToolNow(source.argv);
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

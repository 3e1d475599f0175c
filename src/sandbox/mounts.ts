import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isWithin } from './names.ts';
import { runTool } from './process.ts';

/** One line of the kernel's mount table, `proc(5)` mountinfo. */
export interface MountEntry {
  readonly target: string;
  /** Path of the mounted directory within its file system. */
  readonly root: string;
  readonly options: readonly string[];
  readonly type: string;
  readonly source: string;
  readonly superOptions: string;
}

/** The mounts of a process, in the order they were made; empty where the system has no such table. */
export function readMounts(pid: number | 'self' = 'self'): readonly MountEntry[] {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/mountinfo`, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    const [front, back] = line.split(' - ');
    if (front === undefined || back === undefined) return [];
    const [, , , root = '', target = '', options = ''] = front.split(' ');
    const [type = '', source = '', superOptions = ''] = back.split(' ');
    return [
      {
        target: decodeField(target),
        root: decodeField(root),
        options: options.split(','),
        type,
        source,
        superOptions,
      },
    ];
  });
}

/** Those mounted at or below `dir`, as the table orders them. */
export function mountsWithin(dir: string, mounts = readMounts()): readonly MountEntry[] {
  return mounts.filter((mount) => isWithin(mount.target, dir));
}

export interface UnmountReport {
  readonly removed: number;
  /** Mount points that are still there. */
  readonly left: readonly string[];
}

/**
 * Unmounts everything at or below `dir`, last mounted first, from the kernel's own table read anew for each try: 8
 * tries, `waitMs` apart at first and doubling, then lazily.
 */
export async function unmountWithin(dir: string, waitMs = 64): Promise<UnmountReport> {
  const before = mountsWithin(dir).length;
  if (before === 0) return { removed: 0, left: [] };
  for (let attempt = 0; attempt < 8; attempt += 1) {
    for (const mount of mountsWithin(dir).toReversed()) await runTool(['umount', '--', mount.target]);
    if (mountsWithin(dir).length === 0) return { removed: before, left: [] };
    await delay(waitMs * 2 ** attempt);
  }
  for (const mount of mountsWithin(dir).toReversed()) await runTool(['umount', '-l', '--', mount.target]);
  const left = mountsWithin(dir).map((mount) => mount.target);
  return { removed: before - left.length, left };
}

function decodeField(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a run must leave as it found it. */
export interface HostLook {
  /** Digest of this process's mount table. */
  readonly mounts: string;
  /** Pids whose environment or arguments carry the mark. */
  readonly processes: readonly number[];
  /** Entries below the directory of slots. */
  readonly slots: readonly string[];
  /** Control groups of any hierarchy whose path carries the mark. */
  readonly groups: readonly string[];
}

/** Looks at this host; `mark` is a word that every process of the run carries. */
export function lookAtHost(stateDir: string, mark: string): HostLook {
  const slots = join(stateDir, 'slots');
  return {
    mounts: createHash('sha256').update(readMountTable()).digest('hex'),
    processes: findMarked(mark),
    slots: existsSync(slots) ? readdirSync(slots) : [],
    groups: [...new Set(findGroups())].sort(),
  };
}

/** How many things are there after that were not before. */
export function countLeaks(before: HostLook, after: HostLook): number {
  const more = <T>(one: readonly T[], other: readonly T[]) =>
    other.filter((item) => !one.includes(item)).length;
  return (
    (before.mounts === after.mounts ? 0 : 1) +
    more(before.processes, after.processes) +
    more(before.slots, after.slots) +
    more(before.groups, after.groups)
  );
}

/** Without the numbers of the mounts, which differ when one was made and removed. */
function readMountTable(): string {
  return readFileSync('/proc/self/mountinfo', 'utf8').replace(/^\d+ \d+ /gm, '');
}

function findMarked(mark: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        const texts = ['environ', 'cmdline'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8'));
        return texts.some((text) => text.includes(mark));
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Groups that any process of this host's is in would be seen there; empty ones only as directories. */
function findGroups(): readonly string[] {
  const root = '/sys/fs/cgroup';
  if (!existsSync(root)) return [];
  const hierarchies = ['', ...readdirSync(root)].map((name) => join(root, name));
  return hierarchies.flatMap((dir) => listGroups(dir, 3));
}

function listGroups(dir: string, depth: number): readonly string[] {
  if (depth === 0) return [];
  try {
    const below = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return below.flatMap(({ name }) => [join(dir, name), ...listGroups(join(dir, name), depth - 1)]);
  } catch {
    return [];
  }
}

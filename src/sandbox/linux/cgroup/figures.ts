import { join } from 'node:path';
import { type Controller, readText } from './place.ts';

/** The directory of one slot's group in one hierarchy. */
export interface GroupDir {
  readonly version: 1 | 2;
  readonly dir: string;
  readonly controllers: readonly Controller[];
}

/** What the memory of a group holds now. */
interface MemoryNow {
  /** What processes hold of it and nobody can take from them: their own pages, swapped or not, and what describes them. */
  readonly heldBytes: number;
  /** Files that the kernel keeps in memory as long as nobody needs the room, and files that live in memory. */
  readonly filesBytes: number;
}

/** Undefined where the kernel does not tell. */
export function readMemory({ version, dir }: GroupDir): MemoryNow | undefined {
  const text = readText(join(dir, 'memory.stat'));
  if (text === undefined) return undefined;
  const table = readTable(text);
  const sum = (...keys: readonly string[]) => keys.reduce((total, key) => total + (table.get(key) ?? 0), 0);
  if (version === 1) {
    const kernel = readNumber(join(dir, 'memory.kmem.usage_in_bytes')) ?? 0;
    return { heldBytes: sum('total_rss', 'total_swap'), filesBytes: sum('total_cache') + kernel };
  }
  const swapped = readNumber(join(dir, 'memory.swap.current')) ?? 0;
  return {
    heldBytes: swapped + sum('anon', 'kernel_stack', 'pagetables', 'slab_unreclaimable'),
    filesBytes: sum('file', 'slab_reclaimable'),
  };
}

/** The most that a group ever held, its files in memory with it; undefined where the kernel does not tell. */
export function readPeak({ version, dir }: GroupDir): number | undefined {
  return readNumber(join(dir, version === 1 ? 'memory.max_usage_in_bytes' : 'memory.peak'));
}

/** Processes of a group that the kernel killed for want of memory, be it the group's or the host's. */
export function readMemoryKills({ version, dir }: GroupDir, leaves: readonly string[]): number | undefined {
  // Version 2 counts in a group what happens below it, version 1 only where it happens.
  return version === 2
    ? readKey(join(dir, 'memory.events'), 'oom_kill')
    : sumKey([dir, ...leaves], 'memory.oom_control', 'oom_kill');
}

/** How often a group was refused another process. */
export function readRefusals({ dir }: GroupDir, leaves: readonly string[]): number | undefined {
  return sumKey([dir, ...leaves], 'pids.events', 'max');
}

function sumKey(dirs: readonly string[], file: string, key: string): number | undefined {
  const counts = dirs.flatMap((dir) => readKey(join(dir, file), key) ?? []);
  return counts.length === 0 ? undefined : counts.reduce((total, count) => total + count, 0);
}

function readKey(file: string, key: string): number | undefined {
  const text = readText(file);
  return text === undefined ? undefined : readTable(text).get(key);
}

/** Lines of a name and a number. */
function readTable(text: string): ReadonlyMap<string, number> {
  return new Map([...text.matchAll(/^(\w+) (\d+)$/gm)].map(([, key = '', value]) => [key, Number(value)]));
}

function readNumber(file: string): number | undefined {
  const text = readText(file)?.trim();
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Where control groups are on this host: those hierarchies in which agents bound what they run. */
const hierarchies = ['pids', 'memory', 'cpu', 'unified', '.']
  .map((name) => join('/sys/fs/cgroup', name))
  .filter((dir) => existsSync(join(dir, 'cgroup.procs')));

const prefix = 'bulkmesh-net-';

/** The start of a process in ticks: with its number, a name that no other process ever has. */
const readStart = (pid: number | string): string | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
};

let count = 0;

/** Control groups of one host, one in each hierarchy, so that agents of the same directories do not meet there. */
export const makeGroups = (host: string): readonly string[] => {
  count += 1;
  const name = `${prefix}${process.pid}-${readStart(process.pid)}-${count}-${host}`;
  const groups = hierarchies.map((dir) => join(dir, name));
  for (const group of groups) mkdirSync(group);
  return groups;
};

/** Removes groups with those below them; their processes have ended or are about to. */
export const removeGroups = async (groups: readonly string[]): Promise<void> => {
  for (let round = 0; round < 100; round += 1) {
    const left = groups.filter((group) => existsSync(group));
    if (left.length === 0) return;
    if (round > 0) await delay(20);
    for (const group of left) removeTree(group);
  }
  throw new Error(`control groups have processes that do not end: ${groups.join(', ')}`);
};

const removeTree = (dir: string): void => {
  try {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      if (entry.isDirectory()) removeTree(join(dir, entry.name));
    }
    rmdirSync(dir);
  } catch {
    // Gone already, or a process in there has not been waited for yet.
  }
};

/** Removes the groups of processes that were killed before they could. */
export const sweepGroups = async (): Promise<void> => {
  const dead = hierarchies.flatMap((dir) =>
    readdirSync(dir)
      .filter((name) => name.startsWith(prefix))
      .filter((name) => {
        const [pid = '', start] = name.slice(prefix.length).split('-');
        return readStart(pid) !== start;
      })
      .map((name) => join(dir, name)),
  );
  await removeGroups(dead);
};

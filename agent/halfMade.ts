import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isRunning, ownProcess } from '../src/sandbox/proc.ts';
import { removeTree } from '../src/sandbox/remove.ts';

/**
 * Where this process makes what is to get the name `path` when it is whole: beside it, hidden, with the name of
 * this very process, so that a later one can tell whether anybody is still at it.
 */
export const halfMadePath = (path: string): string => {
  const { pid, startTicks } = ownProcess();
  return join(dirname(path), `.${basename(path)}.new-${pid}-${startTicks}`);
};

/** Deletes what processes that are gone left half made for `path`, and what this one left before. */
export const sweepHalfMade = async (path: string): Promise<void> => {
  const prefix = `.${basename(path)}.new-`;
  const own = ownProcess();
  for (const name of await readdir(dirname(path)).catch(() => [])) {
    const owner = name.startsWith(prefix) ? /^(\d+)-(\d+)$/.exec(name.slice(prefix.length)) : null;
    if (owner === null) continue;
    const id = { pid: Number(owner[1]), startTicks: Number(owner[2]) };
    if (id.pid === own.pid || !isRunning(id)) await removeTree(join(dirname(path), name));
  }
};

import { join, relative } from 'node:path';
import type { Share } from './driver.ts';
import { isWithin } from './names.ts';

/**
 * Where on the host lies what a sandbox with these shares shows at a path, the innermost share that has it counting;
 * undefined when none has it.
 */
export const findShared = (path: string, shares: readonly Share[]): string | undefined => {
  const within = shares.filter(({ target }) => isWithin(path, target));
  const [inner] = within.toSorted((a, b) => b.target.length - a.target.length);
  return inner && join(inner.source, relative(inner.target, path));
};

/** The same; a path that no share has lies where it says. */
export const hostPathOf = (path: string, shares: readonly Share[]): string =>
  findShared(path, shares) ?? path;

import { readFile } from 'node:fs/promises';
import type { Problem } from './problem.ts';
import { checkPkgpath } from './valueCheck.ts';

/** The PKGPATHs of a list file in its order, and what is wrong with its other lines. */
export interface LimitedList {
  readonly pkgpaths: readonly string[];
  readonly problems: readonly Problem[];
}

/**
 * Reads one PKGPATH a line; blank lines and what follows a `#` do not count. Throws what `readFile` throws.
 */
export const readLimitedList = async (file: string): Promise<LimitedList> => {
  const pkgpaths: string[] = [];
  const problems: Problem[] = [];
  const lines = (await readFile(file, 'utf8')).split('\n');
  for (const [index, line] of lines.entries()) {
    const text = line.replace(/#.*/, '').trim();
    if (text === '') continue;
    const complaint = checkPkgpath(text);
    if (complaint === undefined) pkgpaths.push(text);
    else problems.push({ path: ['pkgsrc', 'limited_list'], ...complaint, place: { file, line: index + 1 } });
  }
  return { pkgpaths, problems };
};

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { runHere } from './commands.ts';

/** A repository as far as two hosts that build the same agree in it, however they share the work. */
export interface Repository {
  /** By file name without suffix: what is in it, a line for each file with its mode, and owner. */
  readonly packages: ReadonlyMap<string, string>;
  /** pkg_summary without dates and sizes. */
  readonly summary: string;
}

// Sizes follow from dates, and from a file that says with how many jobs it was built.
const passing = /^(BUILD_DATE|FILE_SIZE|SIZE_PKG|FILE_CKSUM)=/;

export const readRepository = async (dir: string): Promise<Repository> => {
  const files = (await readdir(dir)).filter((name) => name.endsWith('.tgz')).sort();
  const packages = new Map<string, string>();
  for (const file of files) packages.set(file.replace(/\.tgz$/, ''), await listMembers(join(dir, file)));
  const lines = gunzipSync(await readFile(join(dir, 'pkg_summary.gz')))
    .toString()
    .split('\n');
  return { packages, summary: lines.filter((line) => !passing.test(line)).join('\n') };
};

const listMembers = async (file: string): Promise<string> => {
  const listed = await runHere(['tar', '--numeric-owner', '-tvzf', file]);
  // Mode, owner, then size, date and time, which are not the same twice, and the name.
  const lines = listed.split('\n').map((line) => line.split(/\s+/));
  return lines
    .map(([mode = '', owner = '', , , , ...name]) => `${mode} ${owner} ${name.join(' ')}`)
    .join('\n');
};

/** In what the second differs from the first, one line each; empty: in nothing. */
export const compareRepositories = (first: Repository, second: Repository): readonly string[] => [
  ...[...first.packages.keys()]
    .filter((name) => !second.packages.has(name))
    .map((name) => `${name} is missing`),
  ...[...second.packages.keys()]
    .filter((name) => !first.packages.has(name))
    .map((name) => `${name} is one more`),
  ...[...first.packages]
    .filter(([name, files]) => second.packages.has(name) && second.packages.get(name) !== files)
    .map(([name]) => `${name} has other files in it`),
  ...(first.summary === second.summary ? [] : ['pkg_summary says something else']),
];

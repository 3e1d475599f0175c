import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

/** What a check of one value found: a complaint and its remedy. */
export interface Complaint {
  readonly what: string;
  readonly todo: string;
  /** There is nothing at the path yet: no matter to a command that is to make it. */
  readonly isMissing?: true;
}

/** What must be true of a path on this host. */
export type PathNeed = 'directory' | 'file' | 'directory or nothing';

/** A sandbox cannot mount these: they separate the options of mount, or end a line of its table. */
const unmountable = /[,:\\\s\p{Cc}]/u;

/** Directories that the system needs as they are: nothing may be installed over them or laid out in them. */
export const systemPaths: ReadonlySet<string> = new Set(
  [
    '',
    'usr',
    'bin',
    'sbin',
    'lib',
    'lib32',
    'lib64',
    'libx32',
    'etc',
    'var',
    'home',
    'root',
    'tmp',
    'run',
    'boot',
  ]
    .concat(['dev', 'proc', 'sys', 'usr/bin', 'usr/sbin', 'usr/lib', 'usr/lib64', 'usr/include', 'usr/share'])
    .map((name) => `/${name}`),
);

/** What is wrong with the characters of a path, absolute or not. */
export const checkPathText = (text: string): Complaint | undefined => {
  if (text === '') return { what: 'is empty', todo: 'give a path' };
  if (text.startsWith('~')) return { what: `"${text}": ~ is not expanded`, todo: 'write the whole path' };
  const bad = unmountable.exec(text)?.[0];
  if (bad === undefined) return undefined;
  return {
    what: `${JSON.stringify(text)} contains ${JSON.stringify(bad)}`,
    todo: 'use a path without commas, colons, backslashes and blanks: a sandbox cannot mount it',
  };
};

/** What is wrong with `path` as it is on this host now. */
export const checkPathNeed = async (path: string, need: PathNeed): Promise<Complaint | undefined> => {
  const found = await lookAt(path);
  if (typeof found === 'string') {
    if (found === 'ENOENT') return need === 'directory or nothing' ? undefined : missing(path, need);
    return { what: `${path} cannot be looked at (${found})`, todo: 'correct the path or its permissions' };
  }
  if (need === 'file') {
    return found.isFile() ? undefined : { what: `${path} is not a file`, todo: 'give a file' };
  }
  return found.isDirectory() ? undefined : { what: `${path} is not a directory`, todo: 'give a directory' };
};

/** True when `path` is `directory` or lies below it. Both absolute and normal. */
export const isWithin = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);

/** `text` as an absolute path; a relative one starts at `base`. */
export const resolvePath = (base: string, text: string): string => resolve(base, text);

const missing = (path: string, need: PathNeed): Complaint => ({
  what: `${path} does not exist`,
  todo: `put the ${need} there, or correct the path`,
  isMissing: true,
});

const lookAt = async (path: string): Promise<Stats | string> => {
  try {
    return await stat(path);
  } catch (error) {
    const { code }: { code?: unknown } = Object(error);
    return typeof code === 'string' ? code : String(error);
  }
};

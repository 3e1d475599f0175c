import { hash } from 'node:crypto';
import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { PkgPath } from '../package.ts';

/** More than the largest package directory of pkgsrc has by far: a directory that is larger is no package's. */
const FILES_MAX = 20_000;

/** Reads a tree's files as those that packages are made from. Keeps what it has read: for one look at a tree. */
export interface TreeReader {
  /** sha256 (hex) of a file of the tree; undefined when it is not there. */
  digest(path: string): string | undefined;
  /** The files below a directory of the tree that belong to the package, sorted; none where there is no directory. */
  list(dir: string): readonly string[];
  /** The first RCS id `$NetBSD...$` in a file; empty when it has none, undefined when there is no file. */
  rcsId(path: string): string | undefined;
}

export function readTree(pkgsrc: string): TreeReader {
  const digests = new Map<string, string | undefined>();
  const lists = new Map<string, readonly string[]>();
  return {
    digest: (path) => remember(digests, path, () => hashTreeFile(join(pkgsrc, path))),
    list: (dir) => remember(lists, dir, () => listFiles(pkgsrc, dir)),
    rcsId: (path) => {
      const bytes = readTreeFile(join(pkgsrc, path));
      return bytes && (/\$NetBSD[^$\n]*\$/.exec(bytes.toString('latin1'))?.[0] ?? '');
    },
  };
}

/** Where a package's own files lie: its directory, and whatever else make says (FILESDIR, PATCHDIR ... of another package). */
export interface SourcePlaces {
  readonly pkgpath: PkgPath;
  /** Directories in the tree, relative to it. */
  readonly dirs: readonly string[];
  /** Single files in the tree, relative to it. */
  readonly files: readonly string[];
}

/** Digests of all files that a package is made from, by their path in the tree. */
export function digestSources(tree: TreeReader, places: SourcePlaces): Record<string, string> {
  const paths = [places.pkgpath, ...places.dirs].flatMap((dir) => tree.list(dir));
  const entries = [...new Set([...paths, ...places.files])].flatMap((path) => {
    const digest = tree.digest(path);
    return digest === undefined ? [] : [[path, digest] as const];
  });
  return Object.fromEntries(entries);
}

/** The path within the tree of an absolute path; undefined when it leads elsewhere. */
export function pathInTree(pkgsrc: string, path: string): string | undefined {
  const whole = join(path);
  return whole.startsWith(`${pkgsrc}/`) ? whole.slice(pkgsrc.length + 1) : undefined;
}

/** True for a path that stays within the tree it is joined to. */
export const isTreePath = (path: string): boolean =>
  path !== '' && !path.includes('\0') && path.split('/').every((part) => !['', '.', '..'].includes(part));

function remember<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  const found = known.get(key);
  if (found !== undefined || known.has(key)) return found as Value;
  const made = make();
  known.set(key, made);
  return made;
}

const hashTreeFile = (path: string): string | undefined => {
  const bytes = readTreeFile(path);
  return bytes && hash('sha256', bytes);
};

/** Undefined for what is no file, or cannot be read: make could not read it either. */
function readTreeFile(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

function listFiles(pkgsrc: string, dir: string): readonly string[] {
  const found: string[] = [];
  const dirs = [dir];
  for (let next = dirs.pop(); next !== undefined && found.length < FILES_MAX; next = dirs.pop()) {
    for (const entry of readEntries(join(pkgsrc, next))) {
      const path = `${next}/${entry.name}`;
      if (isJunk(entry.name)) continue;
      if (entry.isDirectory()) dirs.push(path);
      else if (entry.isFile() || (entry.isSymbolicLink() && leadsToFile(join(pkgsrc, path))))
        found.push(path);
    }
  }
  return found.filter((path) => !path.startsWith(`${dir}/patches/`) || isPatch(path)).sort();
}

function readEntries(dir: string): readonly Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true });
  } catch {
    return [];
  }
}

const leadsToFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

/** Work areas of builds by hand, version control, and what editors and patch(1) leave behind. */
const isJunk = (name: string): boolean =>
  name.startsWith('.') || name === 'CVS' || /^work(\.|$)|(~|\.orig|\.rej|\.core)$/.test(name);

/** The names that pkgsrc applies. */
const isPatch = (path: string): boolean => path.slice(path.lastIndexOf('/') + 1).startsWith('patch-');

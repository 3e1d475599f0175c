import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize } from 'node:path';

/** A makefile of the package itself that runs programs: what they read is seen by nobody. */
const RUNS_PROGRAM = /!=|:sh\b|:!/;
/** Then nothing says that the answer would be the same tomorrow. */
const ASKS_TIME = /\b(date|localtime|gmtime|strftime|random|RANDOM)\b/;
/** Of the package's own files; more are no answer to keep. */
const OWN_FILES_MAX = 500;

/**
 * What the answer for one place of the tree hangs on: every makefile that was read, and the directories that they lie in,
 * since a new file there may be read the next time. Directories end in a slash. `makefiles` are names as make has
 * them, relative ones to the place. A package whose own makefiles run programs hangs on all files below its directory.
 * Undefined when nothing can be said: no names, a place behind a link, a version that is a date.
 */
export function listReadFiles(
  pkgsrc: string,
  place: string,
  makefiles: readonly string[],
): readonly string[] | undefined {
  const dir = join(pkgsrc, place);
  if (makefiles.length === 0 || !isPlain(pkgsrc, place)) return undefined;
  const files = new Set<string>();
  for (const name of makefiles) {
    const { path, parent } = resolveName(pkgsrc, dir, name);
    files.add(path).add(parent);
  }
  const own = [...files].filter((path) => path.startsWith(`${dir}/`) && !path.endsWith('/'));
  const texts = own.map(readQuietly);
  if (!texts.some((text) => RUNS_PROGRAM.test(text))) return [...files];
  if (texts.some((text) => RUNS_PROGRAM.test(text) && ASKS_TIME.test(text))) return undefined;
  const below = listBelow(dir);
  return below === undefined ? undefined : [...new Set([...files, ...below])];
}

/**
 * Those of the files and directories that `listReadFiles` has for some places that `isInside` holds for, each once: told without a
 * look at any of them.
 */
export function listInside(
  pkgsrc: string,
  read: readonly { readonly place: string; readonly makefiles: readonly string[] }[],
  isInside: (path: string) => boolean,
): readonly string[] {
  const inside = new Set<string>();
  for (const { place, makefiles } of read) {
    for (const name of makefiles) {
      const { path, parent } = resolveName(pkgsrc, join(pkgsrc, place), name);
      for (const one of [path, parent]) if (isInside(one)) inside.add(one);
    }
  }
  return [...inside];
}

interface Resolved {
  readonly path: string;
  /** With its slash. */
  readonly parent: string;
}

/** Of names from the top of the tree, which most packages share: a scan resolves millions. */
const fromTop = new Map<string, Resolved>();
const NAMES_MAX = 100_000;

/** Names as make has them: relative to the package, or absolute and still with `../..` in the middle. */
function resolveName(pkgsrc: string, dir: string, name: string): Resolved {
  const relative = name.startsWith(`${dir}/`) ? name.slice(dir.length + 1) : name;
  if (!relative.startsWith('../../')) return split(isAbsolute(name) ? name : join(dir, name));
  const key = `${pkgsrc}/${relative.slice(6)}`;
  const known = fromTop.get(key);
  if (known !== undefined) return known;
  if (fromTop.size >= NAMES_MAX) fromTop.clear();
  const resolved = split(key);
  fromTop.set(key, resolved);
  return resolved;
}

function split(name: string): Resolved {
  const path = normalize(name);
  return { path, parent: `${dirname(path)}/` };
}

/** Behind a link, `..` of a name is not what it looks like. */
function isPlain(pkgsrc: string, place: string): boolean {
  try {
    return realpathSync(join(pkgsrc, place)) === join(realpathSync(pkgsrc), place);
  } catch {
    return false;
  }
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function listBelow(dir: string): readonly string[] | undefined {
  try {
    const entries = readdirSync(dir, { recursive: true, withFileTypes: true });
    if (entries.length > OWN_FILES_MAX) return undefined;
    return entries
      .map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }))
      .flatMap(({ entry, path }) => (entry.isDirectory() ? [`${path}/`] : entry.isFile() ? [path] : []));
  } catch {
    return undefined;
  }
}

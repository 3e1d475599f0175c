import { lstat, open } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import type { Share } from '../../sandbox/driver.ts';
import { hostPathOf } from '../../sandbox/hostPath.ts';

/** The distribution files of a package, as far as its makefile tells. */
export type Distfiles =
  | { readonly kind: 'none' }
  /** There are some, but their names cannot be trusted or are not told. */
  | { readonly kind: 'untold' }
  | {
      readonly kind: 'listed';
      /** DISTDIR, as the sandbox has it. */
      readonly dir: string;
      /** DISTDIR, as it lies on this host. */
      readonly hostDir: string;
      /** Relative to it. */
      readonly names: readonly string[];
      /** Bytes, by name, as distinfo has them. */
      readonly sizes: ReadonlyMap<string, number>;
      /** The lines of distinfo, by name. */
      readonly digests: ReadonlyMap<string, readonly DistfileDigest[]>;
    };

/** What distinfo says of the content of one file: `BLAKE2s`, `SHA512`, ... and hexadecimal digits. */
export interface DistfileDigest {
  readonly algorithm: string;
  readonly hex: string;
}

/** A distribution file that is wanted, and by what it is known. */
export interface WantedDistfile {
  /** Relative to DISTDIR. */
  readonly name: string;
  readonly sizeBytes: number;
  /** At least one. */
  readonly digests: readonly DistfileDigest[];
}

/**
 * Other hosts as a source of distribution files. Called for those that are not here, before the network outside is used: what others
 * have is in `dir` when it resolves; of the rest, nobody else in the mesh fetches it until the result is disposed of. `note`:
 * one line for the log of the package. Rejects with the reason of the signal alone.
 */
export type BringDistfiles = (
  wanted: { readonly dir: string; readonly files: readonly WantedDistfile[] },
  note: (line: string) => Promise<void>,
  signal: AbortSignal,
) => Promise<Disposable>;

/** What make says of them. */
export interface DistfileVariables {
  readonly DISTDIR: string;
  readonly DISTFILES: string;
  readonly DISTINFO_FILE: string;
  readonly _ALLFILES: string;
}

/** Where a package lies in its tree, inside, and what of this host is shown there. */
export interface PackagePlace {
  readonly pkgsrc: string;
  readonly dir: string;
  readonly shares: readonly Share[];
}

/** Those whose makefile tells their names. */
export type ListedFiles = Extract<Distfiles, { readonly kind: 'listed' }>;

/** What lies in DISTDIR under one of the names. */
export interface FoundFile {
  readonly isRegular: boolean;
  readonly sizeBytes: number;
  /** Unix milliseconds. */
  readonly changedAtMs: number;
}

/** By name; those that are not there have no entry. */
export type FoundFiles = ReadonlyMap<string, FoundFile>;

/** One that is not there, or not whole. */
export interface MissingFile {
  readonly name: string;
  /** When what there is of it was changed last, Unix milliseconds; undefined: nothing is there. */
  readonly changedAtMs: number | undefined;
}

/**
 * Which files a package needs. `pkgsrc` and `dir` say where a relative DISTINFO_FILE starts and where it must stay:
 * one elsewhere is not read, and sizes are unknown then. All paths are those of the sandbox; `shares` tells where they
 * lie here.
 */
export async function listDistfiles(
  variables: DistfileVariables,
  { pkgsrc, dir, shares }: PackagePlace,
): Promise<Distfiles> {
  const names = [...new Set(variables._ALLFILES.split(/\s+/).filter((word) => word !== ''))];
  if (names.length === 0) return { kind: variables.DISTFILES.trim() === '' ? 'none' : 'untold' };
  if (!isAbsolute(variables.DISTDIR) || !names.every(isDistfileName)) return { kind: 'untold' };
  const distinfo = findDistinfo(variables.DISTINFO_FILE, pkgsrc, dir);
  const text = distinfo === undefined ? '' : await readDistinfo(hostPathOf(distinfo, shares));
  const distdir = resolve(variables.DISTDIR);
  const says = { sizes: parseSizes(text), digests: parseDigests(text) };
  return { kind: 'listed', dir: distdir, hostDir: hostPathOf(distdir, shares), names, ...says };
}

/** What of the files lies on this host; links are not followed. */
export async function lookOnHost(files: ListedFiles): Promise<FoundFiles> {
  const found = await Promise.all(
    files.names.map(async (name) => [name, await findFile(join(files.hostDir, name))] as const),
  );
  return new Map(found.flatMap(([name, file]) => (file === undefined ? [] : [[name, file]])));
}

const findFile = (path: string): Promise<FoundFile | undefined> =>
  lstat(path).then(
    (stats) => ({ isRegular: stats.isFile(), sizeBytes: stats.size, changedAtMs: stats.mtimeMs }),
    () => undefined,
  );

/** Those that are not there with the size that distinfo gives. One that is larger is another file: make says so. */
export const listMissing = (files: ListedFiles, found: FoundFiles): readonly MissingFile[] =>
  files.names.flatMap((name): MissingFile[] => {
    const file = found.get(name);
    if (file === undefined) return [{ name, changedAtMs: undefined }];
    const size = files.sizes.get(name);
    const isShort = file.isRegular && size !== undefined && file.sizeBytes < size;
    return isShort ? [{ name, changedAtMs: file.changedAtMs }] : [];
  });

/**
 * Those of `names`, which were missing before somebody fetched them, that are there now and not what distinfo says: of
 * another size, or of a size that nobody knows.
 */
export const listUnsound = (
  files: ListedFiles,
  found: FoundFiles,
  names: readonly string[],
): readonly string[] =>
  names.filter((name) => {
    const file = found.get(name);
    return file !== undefined && file.sizeBytes !== files.sizes.get(name);
  });

/** Sizes of `Size (name) = 123 bytes` lines. */
function parseSizes(distinfo: string): ReadonlyMap<string, number> {
  const lines = distinfo.matchAll(/^Size \(([^)\s]+)\) = (\d{1,15}) bytes$/gm);
  return new Map([...lines].map(([, name = '', size]) => [name, Number(size)]));
}

/** Digests of `SHA512 (name) = 00ff` lines. */
function parseDigests(distinfo: string): ReadonlyMap<string, readonly DistfileDigest[]> {
  const digests = new Map<string, DistfileDigest[]>();
  for (const [, algorithm = '', name = '', hex = ''] of distinfo.matchAll(digestLine)) {
    const known = digests.get(name) ?? [];
    digests.set(name, [...known, { algorithm, hex }]);
  }
  return digests;
}

const digestLine = /^([A-Za-z0-9]{1,16}) \(([^)\s]+)\) = ([0-9a-f]{32,128})$/gm;

/** A path below DISTDIR and nowhere else, and no word that a shell or make would take for more. */
export const isDistfileName = (name: string): boolean =>
  /^[A-Za-z0-9_.+~@%=,:-]+(?:\/[A-Za-z0-9_.+~@%=,:-]+)*$/.test(name) &&
  name.split('/').every((part) => part !== '.' && part !== '..' && !part.startsWith('-'));

const DISTINFO_BYTES_MAX = 8 << 20;

/** Undefined for one that is not in the tree. */
function findDistinfo(file: string, pkgsrc: string, dir: string): string | undefined {
  const path = resolve(dir, file);
  const below = relative(pkgsrc, path);
  return file === '' || below.startsWith('..') || isAbsolute(below) ? undefined : path;
}

/** Empty for what cannot be read. */
async function readDistinfo(path: string): Promise<string> {
  try {
    await using handle = await open(path, 'r');
    const stats = await handle.stat();
    if (!stats.isFile() || stats.size > DISTINFO_BYTES_MAX) return '';
    return await handle.readFile('utf8');
  } catch {
    return '';
  }
}

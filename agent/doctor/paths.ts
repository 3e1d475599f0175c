import type { StatsFs } from 'node:fs';
import { type FileHandle, open, readdir, readFile, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import type { Finding } from './finding.ts';
import { findProgram } from './packages.ts';

const getTree = 'get one with "bulkmesh tree", or set paths.pkgsrc to the one you have';

const gigabyte = 2 ** 30;
/** Below this not even a small build ends well. */
const freeBytesMin = gigabyte;
/** A larger package alone may want this much work area. */
const freeBytesGood = 10 * gigabyte;

/** Looks at the tree: is it there, and can it be scanned? */
export async function examineTree(dir: string): Promise<Finding> {
  const title = 'pkgsrc tree';
  if (!(await isDirectory(dir))) {
    return {
      id: 'tree',
      title,
      state: 'missing',
      detail: `${dir} is not there`,
      fix: getTree,
    };
  }
  if ((await readdir(dir)).length === 0) {
    return { id: 'tree', title, state: 'missing', detail: `${dir} is empty`, fix: getTree };
  }
  if (await hasPbulkIndex(join(dir, 'mk'))) return { id: 'tree', title, state: 'ok', detail: dir, fix: '' };
  return {
    id: 'tree',
    title,
    state: 'missing',
    detail: `${dir} has no make target pbulk-index: no such text in mk/pbulk/*.mk or mk/*.mk`,
    fix: 'set paths.pkgsrc to the top of a whole pkgsrc tree',
  };
}

/**
 * Looks at the bootstrap kit: a tarball, compressed or not? Without one the system must have the pkg_* tools.
 */
export async function examineKit(file: string | undefined, searchPath: string): Promise<Finding> {
  const base = { id: 'kit', title: 'bootstrap kit' } as const;
  const advice = 'make one with "bulkmesh bootstrap", or set pkgsrc.bootstrap_kit to the one you have';
  if (file === undefined) {
    const pkgAdd = await findProgram('pkg_add', searchPath);
    return pkgAdd === undefined
      ? { ...base, state: 'missing', detail: 'none, and this host has no pkg_add of its own', fix: advice }
      : { ...base, state: 'ok', detail: `none: this host has ${pkgAdd}`, fix: '' };
  }
  const isThere = await isFile(file);
  const format = isThere ? await readFormat(file) : undefined;
  if (format !== undefined) return { ...base, state: 'ok', detail: `${file} (${format})`, fix: '' };
  const detail = isThere ? `${file} is no tarball` : `no file ${file}`;
  return {
    ...base,
    state: 'missing',
    detail,
    fix: advice,
  };
}

/** Looks at the free space below each directory that a build fills. */
export async function examineSpace(config: Config): Promise<readonly Finding[]> {
  const { state, packages, distfiles, bulklog } = config.paths;
  const findings = new Map<number, Finding>();
  for (const dir of [state, packages, distfiles, bulklog]) {
    const place = await findExisting(dir);
    const { dev } = await stat(place);
    if (!findings.has(dev)) findings.set(dev, judgeSpace(dir, await statfs(place)));
  }
  return [...findings.values()];
}

/** A tree unpacked, and a work area or two. */
const inodesGood = 200_000;
const inodesMin = 20_000;

function judgeSpace(dir: string, { bavail, bsize, files, ffree }: StatsFs): Finding {
  const freeBytes = bavail * bsize;
  // Some file systems make inodes as they need them, and tell of none.
  const inodes = files === 0 ? Number.POSITIVE_INFINITY : ffree;
  const few = inodes < inodesGood ? ` and ${inodes} inodes` : '';
  const detail = `${(freeBytes / gigabyte).toFixed(1)} GB${few} free for ${dir}`;
  const base = { id: 'space', title: 'disk space', detail } as const;
  if (freeBytes >= freeBytesGood && inodes >= inodesGood) return { ...base, state: 'ok', fix: '' };
  return {
    ...base,
    state: freeBytes < freeBytesMin || inodes < inodesMin ? 'missing' : 'warning',
    fix: 'free some space, or set the paths to a larger disk',
  };
}

async function findExisting(path: string): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch {
    const parent = dirname(path);
    return parent === path ? path : findExisting(parent);
  }
}

async function hasPbulkIndex(mk: string): Promise<boolean> {
  for (const dir of [join(mk, 'pbulk'), mk]) {
    const files = (await listNames(dir)).filter((name) => name.endsWith('.mk'));
    for (const file of files) {
      if (/\bpbulk-index\b/.test(await readText(join(dir, file)))) return true;
    }
  }
  return false;
}

/** Magic numbers at the start of a file; a plain tar has its own at 257. */
const formats: readonly (readonly [string, string, number])[] = [
  ['gzip', '1f8b', 0],
  ['xz', 'fd377a585a00', 0],
  ['bzip2', '425a68', 0],
  ['zstd', '28b52ffd', 0],
  ['tar', '7573746172', 257],
];

async function readFormat(file: string): Promise<string | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    const { buffer } = await handle.read(Buffer.alloc(512), 0, 512, 0);
    return formats.find(
      ([, magic, at]) => buffer.subarray(at, at + magic.length / 2).toString('hex') === magic,
    )?.[0];
  } catch {
    return undefined;
  } finally {
    await handle?.close();
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function listNames(dir: string): Promise<readonly string[]> {
  return readdir(dir).catch(() => []);
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isPkgName } from '../name.ts';
import type { ImportedTime, ImportedTimes } from './times.ts';

const ending = '.pkgtime';

/** Whether a directory is one of pkgtimes. */
export async function hasPkgTimes(dir: string): Promise<boolean> {
  return (await readdir(dir)).some((name) => name.endsWith(ending));
}

/**
 * Reads the `pkgtimes` directory that pbulk with the chroot patch keeps in its repository: a file
 * `<PKGNAME>.pkgtime` for each package that was built, with its whole seconds. No PKGPATH is told.
 */
export async function readPkgTimes(dir: string): Promise<ImportedTimes> {
  const times: ImportedTime[] = [];
  const bad: { line: number; reason: string }[] = [];
  const names = (await readdir(dir)).filter((name) => name.endsWith(ending)).sort();
  for (const [index, name] of names.entries()) {
    const time = await readPkgTime(join(dir, name), name.slice(0, -ending.length));
    if (typeof time === 'string') bad.push({ line: index + 1, reason: `${name}: ${time}` });
    else times.push(time);
  }
  return { times, bad };
}

async function readPkgTime(path: string, pkgname: string): Promise<ImportedTime | string> {
  if (!isPkgName(pkgname)) return 'not named after a package';
  const info = await stat(path);
  if (!info.isFile() || info.size > 64) return 'not one number';
  const [, seconds] = /^\s*(\d{1,9})\s*$/.exec(await readFile(path, 'utf8')) ?? [];
  if (seconds === undefined) return 'not one number';
  return {
    pkgpath: '',
    pkgname,
    outcome: 'built',
    stage: '',
    endedAtMs: Math.round(info.mtimeMs),
    wallMs: 1000 * Number(seconds),
    cpuMs: 0,
    diskBytes: 0,
    jobs: 0,
    steps: [],
  };
}

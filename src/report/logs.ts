import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

import { STAGE_NAMES } from '../pkgsrc/build/stages.ts';
import type { PkgName } from '../pkgsrc/package.ts';
import { toRelativeUrl } from './escape.ts';

/** Which logs of which packages lie where. */
export interface LogIndex {
  /** Stages with a log, in the order in which they run; empty when the package has none. */
  listStages(pkgname: PkgName): readonly string[];
  /** URL of a log, relative to the directory that the report lies in. */
  linkTo(pkgname: PkgName, stage: string): string;
  /** URL of the directory that holds the directories of all packages, with a slash at its end. */
  linkToAll(): string;
}

/**
 * Looks for `<logDir>/<PKGNAME>/<stage>.log` of the packages named. A directory that is not there has no
 * logs.
 */
export async function findLogs(
  logDir: string,
  reportDir: string,
  pkgnames: readonly PkgName[],
): Promise<LogIndex> {
  const present = new Set(await listDirectory(logDir));
  const wanted = pkgnames.filter((name) => isPathSegment(name) && present.has(name));
  const stages = new Map<string, readonly string[]>();
  for (let at = 0; at < wanted.length; at += READS_AT_ONCE) {
    const names = wanted.slice(at, at + READS_AT_ONCE);
    const lists = await Promise.all(names.map((name) => listDirectory(join(logDir, name))));
    for (const [i, name] of names.entries()) stages.set(name, sortStages(lists[i] ?? []));
  }
  return indexLogs(logDir, reportDir, stages);
}

/** The index of logs that are known already. */
export function indexLogs(
  logDir: string,
  reportDir: string,
  stages: ReadonlyMap<string, readonly string[]>,
): LogIndex {
  const up = relative(reportDir, logDir)
    .split(sep)
    .filter((part) => part !== '');
  return {
    listStages: (pkgname) => stages.get(pkgname) ?? [],
    linkTo: (pkgname, stage) => toRelativeUrl([...up, pkgname, `${stage}.log`]),
    linkToAll: () => up.map((part) => `${toRelativeUrl([part])}/`).join(''),
  };
}

const READS_AT_ONCE = 32;

/** The order of the stages; other logs follow by name. */
export const STAGE_ORDER: readonly string[] = STAGE_NAMES;

function sortStages(files: readonly string[]): string[] {
  const rank = (stage: string): number => {
    const place = STAGE_ORDER.indexOf(stage);
    return place < 0 ? STAGE_ORDER.length : place;
  };
  return files
    .filter((file) => file.endsWith('.log'))
    .map((file) => file.slice(0, -'.log'.length))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/** A name from package code becomes part of a path only if it cannot leave its directory. */
function isPathSegment(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name);
}

async function listDirectory(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch {
    // A report is worth having without links to logs that cannot be listed.
    return [];
  }
}

import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import { BulkmeshError, messageOf } from '../../src/errors.ts';
import { outermost } from '../../src/sandbox/names.ts';
import { checkClaimable } from '../../src/sandbox/none/claim.ts';
import type { Finding } from './finding.ts';

/** True when this user may make files in the directory. */
export type IsWritable = (dir: string) => Promise<boolean>;

/** A directory of the configuration, by its key. */
interface Place {
  readonly key: string;
  readonly dir: string;
}

/**
 * Looks at the directories that builds write: each is there, or can be made, and this user may write to it. A
 * finding for each that is not so; one for all of them together when all are well.
 */
export async function examinePlaces({ paths }: Config, isWritable: IsWritable): Promise<readonly Finding[]> {
  const places: readonly Place[] = [
    { key: 'paths.state', dir: paths.state },
    { key: 'paths.packages', dir: paths.packages },
    { key: 'paths.bulklog', dir: paths.bulklog },
    { key: 'paths.distfiles', dir: paths.distfiles },
  ];
  const bad = await examineEach(places, isWritable);
  if (bad.length > 0) return bad;
  const detail = 'state, packages, bulklog and distfiles can be written';
  return [{ id: 'directories', title: 'directories', state: 'ok', detail, fix: '' }];
}

/**
 * Looks at the directories that builds without isolation empty: they can be written, and hold nothing that is not
 * of such a build.
 */
export async function examinePrefix({ pkgsrc }: Config, isWritable: IsWritable): Promise<readonly Finding[]> {
  const all: readonly Place[] = [
    { key: 'pkgsrc.prefix', dir: pkgsrc.prefix },
    { key: 'pkgsrc.pkg_dbdir', dir: pkgsrc.pkgDbdir },
  ];
  // Those within another are made and emptied with it.
  const outer = new Set(outermost(all.map(({ dir }) => dir)));
  const places = all.filter(({ dir }, i) => outer.has(dir) && all.findIndex((one) => one.dir === dir) === i);
  const bad = [...(await examineEach(places, isWritable)), ...places.flatMap(examineClaim)];
  if (bad.length > 0) return bad;
  const detail = `${pkgsrc.prefix} can be emptied and written by builds without isolation`;
  return [{ id: 'prefix', title: 'prefix', state: 'ok', detail, fix: '' }];
}

function examineClaim({ key, dir }: Place): readonly Finding[] {
  try {
    checkClaimable([dir]);
    return [];
  } catch (error) {
    const detail = messageOf(error);
    const fix = error instanceof BulkmeshError ? error.hint : `set ${key} to an unused directory`;
    return [{ id: key, title: key, state: 'missing', detail, fix }];
  }
}

async function examineEach(places: readonly Place[], isWritable: IsWritable): Promise<readonly Finding[]> {
  const judged = await Promise.all(places.map((place) => judgePlace(place, isWritable)));
  return judged.flatMap((finding) => finding ?? []);
}

async function judgePlace({ key, dir }: Place, isWritable: IsWritable): Promise<Finding | undefined> {
  const { path, isDirectory } = await findExisting(dir);
  const why = !isDirectory ? 'is no directory' : (await isWritable(path)) ? undefined : 'is not writable';
  if (why === undefined) return undefined;
  const detail = path === dir ? `${dir} ${why}` : `${dir} cannot be made: ${path} ${why}`;
  const fix = `give this user the right to write there, or set ${key} to another directory`;
  return { id: key, title: key, state: 'missing', detail, fix };
}

/** The path itself, or the nearest above it that is there. */
async function findExisting(path: string): Promise<{ readonly path: string; readonly isDirectory: boolean }> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined) return { path, isDirectory: found.isDirectory() };
  const parent = dirname(path);
  return parent === path ? { path, isDirectory: false } : findExisting(parent);
}

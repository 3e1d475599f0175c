import { lstat, mkdir, readlink, rename, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isCategory } from '../name.ts';
import type { PkgName } from '../package.ts';
import { type RepositoryPlace, temporaryName } from './place.ts';

/** A package file that has links in the directories of its categories. */
export interface Categorised {
  readonly place: RepositoryPlace;
  readonly pkgname: PkgName;
  /** Words of CATEGORIES; what is no category is left out. */
  readonly categories: readonly string[];
}

/**
 * Links each category to the package: `<category>/<file> -> ../All/<file>`. The links are for people and old tools: the package is
 * in the repository already, and what is in the way of a link is said, in a line each, and left alone.
 */
export async function linkCategories(
  { place, pkgname, categories }: Categorised,
  onWarning: (line: string) => void | Promise<void>,
): Promise<void> {
  const file = `${pkgname}${place.pkgSuffix}`;
  for (const category of listOwn(categories)) {
    await linkCategory(place, category, file).catch((error: unknown) =>
      onWarning(`${category}/${file} is no link to the package: ${String(error)}`),
    );
  }
}

/** Removes these links; whatever else has such a name stays. */
export async function unlinkCategories({ place, pkgname, categories }: Categorised): Promise<void> {
  const file = `${pkgname}${place.pkgSuffix}`;
  for (const category of listOwn(categories)) {
    const dir = join(place.packagesDir, category);
    const isOwn = await lstat(dir).then(
      (stats) => stats.isDirectory(),
      () => false,
    );
    if (!isOwn) continue;
    const target = await readlink(join(dir, file)).catch(() => undefined);
    if (target === targetOf(file)) await unlink(join(dir, file)).catch(ignoreMissing);
  }
}

const listOwn = (categories: readonly string[]): readonly string[] =>
  categories.filter((category) => isCategory(category) && category !== 'All');

const targetOf = (file: string): string => join('..', 'All', file);

async function linkCategory(place: RepositoryPlace, category: string, file: string): Promise<void> {
  const dir = join(place.packagesDir, category);
  await mkdir(dir, { recursive: true }).catch(() => undefined);
  if (!(await lstat(dir)).isDirectory()) throw new Error(`${dir} is not a directory of its own`);
  const temporary = join(dir, temporaryName(place.owner));
  await symlink(targetOf(file), temporary);
  try {
    await rename(temporary, join(dir, file));
  } catch (error) {
    await unlink(temporary).catch(ignoreMissing);
    throw error;
  }
}

function ignoreMissing(error: unknown): void {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
  throw error;
}

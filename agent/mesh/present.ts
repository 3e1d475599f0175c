import { stat } from 'node:fs/promises';
import type { Fact } from '../../src/core/facts/fact.ts';
import type { TaskName } from '../../src/core/ids.ts';
import { packageFile } from '../../src/pkgsrc/repository/place.ts';
import type { LiveBuild } from '../build/live.ts';

/** Looks at so many files at a time. */
const atOnce = 64;

/**
 * Which of the packages that were built lie in the repository of this host, by name and size: the files of tens of thousands are
 * not read for it, and each is hashed before it is given to others.
 */
export const listPresent = async (live: LiveBuild, facts: readonly Fact[]): Promise<readonly TaskName[]> => {
  const { packagesDir, pkgSuffix } = live.repository;
  const built = facts.flatMap(({ task, outcome }) => {
    const pkgname = live.byName.get(task)?.record.pkgname;
    return outcome.kind === 'built' && pkgname !== undefined
      ? [{ task, file: packageFile(packagesDir, pkgname, pkgSuffix), sizeBytes: outcome.sizeBytes }]
      : [];
  });
  const present = new Set<TaskName>();
  for (let from = 0; from < built.length; from += atOnce) {
    await Promise.all(
      built.slice(from, from + atOnce).map(async ({ task, file, sizeBytes }) => {
        const found = await stat(file).catch(() => undefined);
        if (found?.isFile() === true && found.size === sizeBytes) present.add(task);
      }),
    );
  }
  return [...present];
};

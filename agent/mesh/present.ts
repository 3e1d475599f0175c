import type { Fact } from '../../src/core/facts/fact.ts';
import type { TaskName } from '../../src/core/ids.ts';
import { lookAtPackage } from '../../src/pkgsrc/repository/notes.ts';
import type { LiveBuild } from '../build/live.ts';
import { hasPackage } from '../files/packages.ts';

/** Looks at so many files at a time. */
const atOnce = 64;

/**
 * Which of the packages that were built lie in the repository of this host, by name, size and the hash in their notes: an older build of
 * a package is often just as long. Only files that have changed since their note was made, or have none, are read.
 */
export const listPresent = async (live: LiveBuild, facts: readonly Fact[]): Promise<readonly TaskName[]> => {
  const place = live.repository;
  const built = facts.flatMap(({ task, outcome }) => {
    const pkgname = live.byName.get(task)?.record.pkgname;
    return outcome.kind === 'built' && pkgname !== undefined ? [{ task, pkgname, outcome }] : [];
  });
  const present = new Set<TaskName>();
  for (let from = 0; from < built.length; from += atOnce) {
    await Promise.all(
      built.slice(from, from + atOnce).map(async ({ task, pkgname, outcome }) => {
        if (lookAtPackage(place, pkgname)?.sizeBytes !== outcome.sizeBytes) return;
        const isRight = await hasPackage({ place, pkgname }, [outcome.digest]).catch(() => false);
        if (isRight) present.add(task);
      }),
    );
  }
  return [...present];
};

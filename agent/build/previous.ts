import type { BuildId } from '../../src/core/ids.ts';
import type { PreviousBuild } from '../../src/report/model.ts';
import type { BuildRecord } from '../../src/store/builds.ts';
import type { Store } from '../../src/store/open.ts';

/**
 * The build that this one is compared with: the last that completed with the same request, or where there is none the last
 * that completed at all. One that was asked for less would make everything else look new. Throws what the store throws.
 */
export const findPrevious = (
  store: Pick<Store, 'findBuild' | 'listBuilds' | 'outcomesOf'>,
  build: BuildId,
): PreviousBuild | undefined => {
  const asked = askedFor(store.findBuild(build));
  const completed = store.listBuilds().filter(({ id, ending }) => id !== build && ending === 'complete');
  const alike = completed.filter((other) => askedFor(other) === asked);
  for (const { id, endedAtMs } of [...alike, ...completed]) {
    const outcomes = store.outcomesOf(id);
    if (outcomes !== undefined && endedAtMs !== undefined) return { build: id, endedAtMs, outcomes };
  }
  return undefined;
};

const askedFor = (record: BuildRecord | undefined): string =>
  [...new Set(record?.pkgpaths)].toSorted().join(' ');

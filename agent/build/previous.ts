import type { BuildId } from '../../src/core/ids.ts';
import { identityKey } from '../../src/pkgsrc/identity.ts';
import type { PreviousBuild } from '../../src/report/model.ts';
import type { BuildRecord } from '../../src/store/builds.ts';
import type { Store } from '../../src/store/open.ts';
import { isRebuild } from './rebuilds.ts';

/**
 * The build that this one is compared with: the last that completed with the same request, or where there is none the last
 * that completed at all. One that was asked for less would make everything else look new, and so would a rebuild: of
 * any but the same request only `ours` counts, the packages of this build by `identityKey`. Throws what the store throws.
 */
export const findPrevious = (
  store: Pick<Store, 'findBuild' | 'listBuilds' | 'outcomesOf'>,
  build: BuildId,
  ours: ReadonlySet<string>,
): PreviousBuild | undefined => {
  const record = store.findBuild(build);
  const completed = store
    .listBuilds()
    .filter((other) => other.id !== build && other.ending === 'complete' && !isRebuild(other));
  const isAlike = (other: BuildRecord): boolean =>
    record !== undefined && !isRebuild(record) && askedFor(other) === askedFor(record);
  for (const other of [...completed.filter(isAlike), ...completed]) {
    const { id, endedAtMs } = other;
    const outcomes = store.outcomesOf(id);
    if (outcomes === undefined || endedAtMs === undefined) continue;
    // What this build was never asked for is not gone.
    const told = isAlike(other)
      ? outcomes
      : outcomes.filter((row) => ours.has(identityKey(row.pkgpath, row.pkgbase)));
    return { build: id, endedAtMs, outcomes: told };
  }
  return undefined;
};

const askedFor = (record: BuildRecord): string => [...new Set(record.pkgpaths)].toSorted().join(' ');

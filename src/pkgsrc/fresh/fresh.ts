import type { PkgName, Resolution, ResolvedPackage } from '../package.ts';
import { makeBreather } from '../repository/breather.ts';
import type { Settings } from '../repository/note.ts';
import type { Repository } from '../repository/repository.ts';
import type { TreeReader } from '../repository/sources.ts';
import { listReasons, type Present } from './check.ts';
import { REASONS_MAX, type Reason, type Verdict } from './verdict.ts';

export interface FreshRequest {
  readonly resolution: Resolution;
  readonly repository: Repository;
  readonly tree: TreeReader;
  readonly settingsOf: (record: ResolvedPackage['record']) => Settings;
  /** A dependency that was built again is no reason to build. */
  readonly skipAgeCheck: boolean;
  /** To be built whatever is known of them. */
  readonly asked: ReadonlySet<PkgName>;
  /** To be built with those that they need, whatever is known of them and of ages. */
  readonly cone: ReadonlySet<PkgName>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Decides for each buildable package whether its file can stay. Whatever needs a package that is built is built as well. Runs
 * in slices, so that nothing else in this process waits; throws what `signal` was aborted with.
 */
export async function decideFresh(request: FreshRequest): Promise<ReadonlyMap<PkgName, Verdict>> {
  const { resolution, asked, cone, skipAgeCheck, signal } = request;
  const { packages } = resolution;
  const verdicts = new Map<PkgName, Verdict>();
  const nameOf = (index: number): PkgName | undefined => packages[index]?.record.pkgname;
  const present: Present = {
    ...request,
    settingsOf: ({ record }) => request.settingsOf(record),
    dependsOf: ({ depends }) => depends.flatMap((index) => nameOf(index) ?? []),
  };
  const breathe = makeBreather();
  for (const index of orderByNeed(packages)) {
    const found = packages[index];
    if (found === undefined) continue;
    const { pkgname } = found.record;
    const own: readonly Reason[] = asked.has(pkgname) ? [{ kind: 'asked' }] : listReasons(found, present);
    const isFollowing = !skipAgeCheck || cone.has(pkgname);
    const reasons = own.length > 0 || !isFollowing ? own : listRebuilt(present.dependsOf(found), verdicts);
    verdicts.set(pkgname, reasons.length === 0 ? { kind: 'kept' } : { kind: 'build', reasons });
    await breathe();
    signal?.throwIfAborted();
  }
  return verdicts;
}

const listRebuilt = (
  depends: readonly PkgName[],
  verdicts: ReadonlyMap<PkgName, Verdict>,
): readonly Reason[] =>
  depends
    .filter((name) => verdicts.get(name)?.kind === 'build')
    .slice(0, REASONS_MAX)
    .map((pkgname) => ({ kind: 'rebuilt', pkgname }));

/** The buildable packages, each after all that it needs. */
function orderByNeed(packages: readonly ResolvedPackage[]): readonly number[] {
  const dependents = packages.map((): number[] => []);
  const left = packages.map(({ depends, state }, index) => {
    if (state.kind !== 'buildable') return -1;
    for (const need of depends) dependents[need]?.push(index);
    return depends.length;
  });
  const order = left.flatMap((count, index) => (count === 0 ? [index] : []));
  // It grows while it is walked through.
  for (const index of order) {
    for (const dependent of dependents[index] ?? []) {
      const count = (left[dependent] ?? 0) - 1;
      left[dependent] = count;
      if (count === 0) order.push(dependent);
    }
  }
  return order;
}

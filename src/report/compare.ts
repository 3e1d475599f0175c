import { identityKey, identityOf } from '../pkgsrc/identity.ts';
import type { PreviousBuild, PreviousOutcome } from './model.ts';
import { type OutcomeOf, type Outcomes, type PackageOutcome, selectOutcomes } from './outcomes.ts';

/** What became of a failure between two builds. */
export type Since =
  /** It was there before. */
  | { readonly kind: 'new' }
  /** It failed before; `stage`: where, which may be where it fails now. */
  | { readonly kind: 'still'; readonly stage: string }
  /** It was not tried before, or was not known. */
  | { readonly kind: 'first' };

/** This build beside the one before it. */
export interface Comparison {
  readonly previous: PreviousBuild;
  /** Of each failed package, by its index. */
  readonly since: ReadonlyMap<number, Since>;
  /** Packages that failed before and are there now. */
  readonly fixed: readonly { readonly pkg: OutcomeOf<'done'>; readonly stage: string }[];
  /** Packages that failed before and were not tried now, by whatever standing. */
  readonly untried: readonly PackageOutcome[];
  /** What failed before and is no longer in the tree, or not asked for. */
  readonly gone: readonly PreviousOutcome[];
}

/** Undefined when there is nothing to compare with. */
export function compareBuilds(
  outcomes: Outcomes,
  previous: PreviousBuild | undefined,
): Comparison | undefined {
  if (previous === undefined) return undefined;
  const before = new Map(previous.outcomes.map((row) => [identityKey(row.pkgpath, row.pkgbase), row]));
  const since = new Map<number, Since>();
  const fixed: Comparison['fixed'][number][] = [];
  const untried: PackageOutcome[] = [];
  const seen = new Set<string>();
  for (const pkg of outcomes.packages) {
    const key = identityOf(pkg.record);
    const was = before.get(key);
    seen.add(key);
    if (isFailed(pkg)) since.set(pkg.index, findSince(was));
    else if (was?.status !== 'failed') continue;
    else if (isDone(pkg)) fixed.push({ pkg, stage: was.stage });
    else untried.push(pkg);
  }
  const gone = previous.outcomes.filter(
    (row) => row.status === 'failed' && !seen.has(identityKey(row.pkgpath, row.pkgbase)),
  );
  return { previous, since, fixed, untried, gone };
}

/** The failed packages of one kind, in the order of the resolution. */
export function selectSince(
  outcomes: Outcomes,
  comparison: Comparison,
  kind: Since['kind'],
): OutcomeOf<'failed'>[] {
  return selectOutcomes(outcomes, 'failed').filter((pkg) => comparison.since.get(pkg.index)?.kind === kind);
}

function findSince(was: PreviousOutcome | undefined): Since {
  switch (was?.status) {
    case 'built':
    case 'kept':
      return { kind: 'new' };
    case 'failed':
      return { kind: 'still', stage: was.stage };
    case 'blocked':
    case 'masked':
    case 'unresolved':
    case 'open':
    case undefined:
      return { kind: 'first' };
  }
}

const isFailed = (pkg: PackageOutcome): pkg is OutcomeOf<'failed'> => pkg.standing.kind === 'failed';

const isDone = (pkg: PackageOutcome): pkg is OutcomeOf<'done'> => pkg.standing.kind === 'done';

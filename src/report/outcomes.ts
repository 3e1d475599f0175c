import type { Fact, FailureClass } from '../core/facts/fact.ts';
import type { PkgName, ScanRecord } from '../pkgsrc/package.ts';
import { countDependents, type DependentGraph, listDependents, turnRound } from './graph.ts';
import type { PbulkStatus, ReportInput } from './model.ts';

/** Where a package ended, and why. */
export type Standing =
  /** `kept`: an earlier build made it, and it is still good. */
  | { readonly kind: 'done'; readonly kept: boolean }
  | {
      readonly kind: 'failed';
      readonly class: FailureClass;
      readonly stage: string;
      readonly reason: string;
    }
  | { readonly kind: 'prefailed'; readonly by: 'skip' | 'fail'; readonly reason: string }
  | { readonly kind: 'unresolved'; readonly reason: string }
  /** `culprits`: the failed packages that keep it from being built, not those in between. */
  | { readonly kind: 'indirect-failed'; readonly culprits: readonly PkgName[] }
  | {
      readonly kind: 'indirect-prefailed';
      readonly of: 'masked' | 'unresolved';
      readonly culprits: readonly PkgName[];
    }
  /** Neither built nor kept from it: the build was stopped first. */
  | { readonly kind: 'open' };

export interface PackageOutcome {
  readonly index: number;
  readonly record: ScanRecord;
  readonly standing: Standing;
  /** How many packages need this one, directly or not, whatever became of them. */
  readonly breaks: number;
  /** Of the run that ended it; undefined when it never ran. */
  readonly fact: Fact | undefined;
}

export interface Outcomes {
  /** In the order of the resolution. */
  readonly packages: readonly PackageOutcome[];
  readonly graph: DependentGraph;
}

/** A package whose standing is of the given kind. */
export type OutcomeOf<Kind extends Standing['kind']> = PackageOutcome & {
  readonly standing: Extract<Standing, { kind: Kind }>;
};

/**
 * Derives from facts and graph what became of each package. What the scan says wins over a fact, as in pbulk,
 * where masked packages and their dependents are settled before anything is built.
 */
export function deriveOutcomes(input: ReportInput): Outcomes {
  const { packages } = input.resolution;
  const graph = turnRound(packages.map((pkg) => pkg.depends));
  const breaks = countDependents(graph);
  const culprits = findCulprits(input, graph);
  return {
    graph,
    packages: packages.map((pkg, index) => {
      const fact = input.facts.get(pkg.record.pkgname);
      const isKept = input.kept.has(pkg.record.pkgname);
      const standing = settle(pkg.state, fact, isKept, culprits.get(index));
      return { index, record: pkg.record, standing, breaks: breaks[index] ?? 0, fact };
    }),
  };
}

/** The packages of one kind, in the order of the resolution. */
export function selectOutcomes<Kind extends Standing['kind']>(
  outcomes: Outcomes,
  kind: Kind,
): OutcomeOf<Kind>[] {
  return outcomes.packages.filter((pkg): pkg is OutcomeOf<Kind> => pkg.standing.kind === kind);
}

/** Names of the packages that need this one, directly or not, in the order of the resolution. */
export function listBroken(outcomes: Outcomes, pkg: PackageOutcome): PkgName[] {
  return listDependents(outcomes.graph, pkg.index).flatMap(
    (index) => outcomes.packages[index]?.record.pkgname ?? [],
  );
}

/** pbulk's word for a standing. It has none for a dependency that matches nothing: that is a mask to it. */
export function toPbulkStatus(standing: Standing): PbulkStatus {
  return standing.kind === 'unresolved' ? 'prefailed' : standing.kind;
}

function settle(
  state: ReportInput['resolution']['packages'][number]['state'],
  fact: Fact | undefined,
  isKept: boolean,
  culprits: readonly PkgName[] | undefined,
): Standing {
  switch (state.kind) {
    case 'masked':
      return { kind: 'prefailed', by: state.by, reason: state.reason };
    case 'unresolved':
      return { kind: 'unresolved', reason: state.reason };
    case 'indirect':
      return { kind: 'indirect-prefailed', of: state.of, culprits: state.culprits };
    case 'buildable':
      if (fact?.outcome.kind === 'built') return { kind: 'done', kept: false };
      if (fact?.outcome.kind === 'failed') return { ...fact.outcome };
      if (isKept) return { kind: 'done', kept: true };
      return culprits === undefined ? { kind: 'open' } : { kind: 'indirect-failed', culprits };
  }
}

/**
 * For each package that failures keep from being built: which ones. A walk per failure, up to the next end.
 */
function findCulprits(input: ReportInput, graph: DependentGraph): ReadonlyMap<number, readonly PkgName[]> {
  const { packages } = input.resolution;
  const isEnd = (index: number): boolean => {
    const pkg = packages[index];
    if (pkg === undefined || pkg.state.kind !== 'buildable') return true;
    return input.facts.has(pkg.record.pkgname) || input.kept.has(pkg.record.pkgname);
  };
  const culprits = new Map<number, PkgName[]>();
  for (const [index, pkg] of packages.entries()) {
    const { pkgname } = pkg.record;
    if (pkg.state.kind !== 'buildable' || input.facts.get(pkgname)?.outcome.kind !== 'failed') continue;
    for (const blocked of listDependents(graph, index, isEnd)) {
      const list = culprits.get(blocked);
      if (list === undefined) culprits.set(blocked, [pkgname]);
      else list.push(pkgname);
    }
  }
  return culprits;
}

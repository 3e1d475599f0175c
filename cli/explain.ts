import type { SlotView } from '../agent/control/protocol.ts';
import type { Fact } from '../src/core/facts/fact.ts';
import { type Decided, describeReason, type Reason } from '../src/pkgsrc/fresh/verdict.ts';
import { formatDuration } from './ui/format.ts';

/** One package as a build saw it. */
export interface ExplainedPackage {
  readonly pkgname: string;
  readonly pkgpath: string;
  readonly needs: readonly string[];
  /** Undefined when it was kept in a form that this program does not know. */
  readonly decided: Decided | undefined;
}

/** A build, as far as it has come. */
export interface ExplainedBuild {
  readonly packages: ReadonlyMap<string, ExplainedPackage>;
  /** By PKGNAME, the last of each. */
  readonly facts: ReadonlyMap<string, Fact>;
  /** What runs at this moment, by PKGNAME. */
  readonly running: ReadonlyMap<string, SlotView>;
  /** True while it goes on. */
  readonly isOpen: boolean;
  readonly logDir: string;
}

/** Names that one line shows. */
const namesMax = 5;
/** Steps of a chain that are shown: longer ones say nothing more to anybody. */
const depthMax = 6;

/** Why a package stands where it stands, in lines; those that explain another one are indented below it. */
export function explainPackage(pkg: ExplainedPackage, build: ExplainedBuild): string[] {
  const { pkgname, pkgpath } = pkg;
  return [`${pkgname} (${pkgpath}) ${describeStand(pkg, build)}`, ...indent(explainStand(pkg, build))];
}

function describeStand({ pkgname, needs, decided }: ExplainedPackage, build: ExplainedBuild): string {
  switch (decided?.kind) {
    case undefined:
      return 'is in a form that this program does not know';
    case 'kept':
      return 'was kept: nothing that it was made from has changed';
    case 'masked':
      return `is masked: ${decided.reason}`;
    case 'unresolved':
      return `is not resolved: ${decided.reason}`;
    case 'indirect':
      return `cannot be built: it needs ${listNames(decided.culprits)}`;
    case 'build':
      return describeProgress(pkgname, needs, build);
  }
}

function describeProgress(pkgname: string, needs: readonly string[], build: ExplainedBuild): string {
  const slot = build.running.get(pkgname);
  if (slot !== undefined) return `is being built in ${slot.slot}, stage ${slot.stage ?? 'not begun'}`;
  const fact = build.facts.get(pkgname);
  if (fact?.outcome.kind === 'built') return `was built in ${formatDuration(fact.wallMs)}`;
  if (fact?.outcome.kind === 'failed') {
    const { stage, reason } = fact.outcome;
    return `${fact.outcome.class === 'timeout' ? 'timed out' : 'failed'} in ${stage}: ${reason}`;
  }
  const culprits = findFailed(needs, build);
  if (culprits.length > 0) return `is blocked by ${listNames(culprits)}`;
  const awaited = needs.filter((name) => isOpenStill(name, build));
  const [waits, ready] = build.isOpen
    ? ['waits for', 'is ready, and waits for a slot']
    : ['was not reached: the build was stopped while it waited for', 'was ready when the build was stopped'];
  return awaited.length === 0 ? ready : `${waits} ${listNames(awaited)}`;
}

function explainStand(pkg: ExplainedPackage, build: ExplainedBuild): string[] {
  const { decided, pkgname, needs } = pkg;
  if (decided?.kind === 'indirect') return decided.culprits.slice(0, namesMax).map(explainOne(build));
  if (decided?.kind !== 'build') return [];
  const fact = build.facts.get(pkgname);
  const isFailed = fact?.outcome.kind === 'failed';
  const log = isFailed ? [`log: ${build.logDir}/${pkgname}/${fact.outcome.stage}.log`] : [];
  const culprits = fact === undefined ? findFailed(needs, build) : [];
  const awaited = culprits.length > 0 || fact !== undefined ? [] : needs;
  return [
    ...log,
    ...culprits.slice(0, namesMax).map(explainOne(build)),
    ...awaited
      .filter((name) => isOpenStill(name, build))
      .slice(0, namesMax)
      .map(explainOne(build)),
    ...explainReasons(decided.reasons, build, depthMax, new Set([pkgname])),
  ];
}

const explainOne =
  (build: ExplainedBuild) =>
  (name: string): string => {
    const found = build.packages.get(name);
    return found === undefined ? name : `${name} ${describeStand(found, build)}`;
  };

/** Why it is built, and for what is built because something else is, why that is. */
function explainReasons(
  reasons: readonly Reason[],
  build: ExplainedBuild,
  depth: number,
  told: Set<string>,
): string[] {
  return reasons.slice(0, namesMax).flatMap((reason) => {
    const line = `because ${describeReason(reason)}`;
    if (reason.kind !== 'rebuilt' || depth === 0 || told.has(reason.pkgname)) return [line];
    told.add(reason.pkgname);
    const decided = build.packages.get(reason.pkgname)?.decided;
    const next = decided?.kind === 'build' ? decided.reasons : [];
    return [line, ...indent(explainReasons(next, build, depth - 1, told))];
  });
}

/** The packages among all that are needed, directly or not, that failed. */
function findFailed(needs: readonly string[], build: ExplainedBuild): readonly string[] {
  const seen = new Set(needs);
  // It grows while it is walked through.
  for (const name of seen) {
    if (build.facts.get(name) === undefined) {
      for (const need of build.packages.get(name)?.needs ?? []) seen.add(need);
    }
  }
  return [...seen].filter((name) => build.facts.get(name)?.outcome.kind === 'failed');
}

const isOpenStill = (name: string, build: ExplainedBuild): boolean =>
  build.packages.get(name)?.decided?.kind === 'build' && build.facts.get(name) === undefined;

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

const listNames = (names: readonly string[]): string =>
  names.length > namesMax
    ? `${names.slice(0, namesMax).join(', ')} and ${names.length - namesMax} more`
    : names.join(', ');

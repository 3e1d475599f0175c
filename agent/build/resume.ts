import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Entry, type Fact, isFact } from '../../src/core/facts/fact.ts';
import { listStanding } from '../../src/core/facts/merge.ts';
import type { PlanId, TaskName } from '../../src/core/ids.ts';
import type { Plan } from '../../src/core/plan.ts';
import { parseCanonicalPlan } from '../../src/core/planText.ts';
import { decidedSchema, type Verdict } from '../../src/pkgsrc/fresh/verdict.ts';
import type { PkgName, Resolution } from '../../src/pkgsrc/package.ts';
import { listTellingMakefiles } from '../../src/pkgsrc/repository/makefiles.ts';
import { readTree } from '../../src/pkgsrc/repository/sources.ts';
import type { Decisions } from '../../src/store/decisions.ts';
import type { Store } from '../../src/store/open.ts';
import { areJournalsWhole } from './carry.ts';
import type { ChosenBuild } from './request.ts';

/** How far a build had come when it was cut short. */
export interface Earlier {
  readonly planId: PlanId;
  readonly plan: Plan;
  readonly entries: readonly Entry[];
  readonly decisions: Decisions;
}

/** Undefined for a build that just begins. */
export const loadEarlier = (store: Store, { build }: ChosenBuild): Earlier | undefined => {
  const planId = store.plansOf(build).at(-1);
  const bytes = planId && store.loadPlan(planId);
  const decisions = store.decisionsOf(build);
  if (planId === undefined || bytes === undefined || decisions === undefined) return undefined;
  const plan = parseCanonicalPlan(Buffer.from(bytes).toString('utf8'));
  return plan && { planId, plan, entries: store.entriesOf(planId), decisions };
};

/** What was asked for and is not built yet. */
export const listStillAsked = ({ decisions, entries }: Earlier): ReadonlySet<string> => {
  const built = new Set<string>(entries.filter(isBuilt).map(({ task }) => task));
  const asked = decisions.packages.filter(({ pkgname, verdict }) => {
    const checked = decidedSchema.safeParse(verdict);
    const reasons = checked.success && checked.data.kind === 'build' ? checked.data.reasons : [];
    return !built.has(pkgname) && reasons.some(({ kind }) => kind === 'asked');
  });
  return new Set(asked.map(({ pkgname }) => pkgname));
};

export interface Standing {
  /** Everything holds: the plan goes on as it is. Else what holds is for another plan of the same tasks. */
  readonly isWhole: boolean;
  /** Facts that still hold, and what was learnt from trouble. */
  readonly entries: readonly Entry[];
  /** Built in this build, and to be built again. */
  readonly gone: readonly TaskName[];
  /** Failed in this build, and changed since: tried again. */
  readonly mended: readonly TaskName[];
}

/**
 * What of a build still holds now that its packages were looked at again. Undefined when it cannot go on with its plan: the tree
 * gives other packages, or they are built with other settings, or something is to be built that is not in the plan.
 */
export const findStanding = (
  earlier: Earlier,
  now: Pick<Decisions, 'records' | 'settings'>,
  verdicts: ReadonlyMap<PkgName, Verdict>,
  isMended: (fact: Fact) => boolean,
): Standing | undefined => {
  const { decisions, plan } = earlier;
  if (decisions.records !== now.records || decisions.settings !== now.settings) return undefined;
  const stale = new Set<string>([...verdicts].flatMap(([name, { kind }]) => (kind === 'build' ? name : [])));
  const facts = listStanding(earlier.entries);
  const built = new Set<string>(facts.filter(isBuilt).map(({ task }) => task));
  const planned = new Set<string>(plan.tasks.map(({ name }) => name));
  // One that was saved when the agent died, before anybody heard of it, is in the plan and not stale: it is built again.
  if ([...stale].some((name) => !planned.has(name))) return undefined;
  const gone = facts.filter((fact) => isBuilt(fact) && stale.has(fact.task));
  // Of a package that failed and was built after all, the failure says nothing any more.
  const failed = facts.filter((fact) => !isBuilt(fact) && !built.has(fact.task));
  const standing = new Set(failed.filter((fact) => !isMended(fact)).map(({ task }) => task));
  const mended = new Set(failed.flatMap(({ task }) => (standing.has(task) ? [] : [task])));
  const holds = (entry: Entry): boolean => {
    if (isBuilt(entry)) return !stale.has(entry.task);
    return isFact(entry) ? standing.has(entry.task) : !mended.has(entry.task);
  };
  const isWhole = gone.length + mended.size === 0 && areJournalsWhole(earlier.entries);
  return {
    isWhole,
    entries: isWhole ? earlier.entries : earlier.entries.filter(holds),
    gone: [...new Set(gone.map(({ task }) => task))],
    mended: [...mended],
  };
};

/**
 * Tells of a package that failed whether one of its files in the tree was changed since. By the time of change, which is
 * no proof: at the worst it is tried once too often.
 */
export const makeMendedTest = (resolution: Resolution, pkgsrc: string): ((fact: Fact) => boolean) => {
  const tree = readTree(pkgsrc);
  const records = new Map<string, Resolution['packages'][number]['record']>(
    resolution.packages.map(({ record }) => [record.pkgname, record]),
  );
  return ({ task, startedAtMs }) => {
    const record = records.get(task);
    if (record === undefined) return true;
    const paths = [...tree.list(record.pkgpath), ...listTellingMakefiles(record, pkgsrc).shared];
    const isNewer = (path: string): boolean =>
      (statSync(join(pkgsrc, path), { throwIfNoEntry: false })?.ctimeMs ?? 0) > startedAtMs;
    return paths.some(isNewer);
  };
};

const isBuilt = ({ outcome }: Entry): boolean => outcome.kind === 'built';

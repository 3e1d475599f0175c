import type { Effect } from '../../src/core/effect.ts';
import type { BuildId, PlanId } from '../../src/core/ids.ts';
import type { RunResult } from '../../src/core/input.ts';
import type { Plan } from '../../src/core/plan.ts';
import { buildPackage } from '../../src/pkgsrc/build/build.ts';
import type { BringDistfiles } from '../../src/pkgsrc/build/distfiles.ts';
import type { BuildPolicy } from '../../src/pkgsrc/build/policy.ts';
import type { PkgName, Resolution, ResolvedPackage } from '../../src/pkgsrc/package.ts';
import { findChanged, lookAtInstall } from '../../src/pkgsrc/repository/installs.ts';
import { packageFile, type RepositoryPlace } from '../../src/pkgsrc/repository/place.ts';
import type { Sandbox } from '../../src/sandbox/driver.ts';
import { hostPathOf } from '../../src/sandbox/hostPath.ts';
import type { ScanPart } from '../scan/part.ts';
import type { FindGround } from '../watch.ts';
import { type DependSets, makeDependSets } from './dependsets.ts';
import type { Ground } from './ground.ts';
import { limitsOf, type PackageBounds, processLimits, sandboxLimits } from './limits.ts';
import type { SettingsOf } from './settings.ts';
import type { Survey } from './survey.ts';

/** A build whose plan is known: what a slot needs to run one of its tasks. */
export interface LiveBuild {
  readonly build: BuildId;
  readonly planId: PlanId;
  readonly plan: Plan;
  readonly startedAtMs: number;
  /** Unix milliseconds: when this agent took its packages up, after the scan or after a break. */
  readonly measuredFromMs: number;
  readonly ground: Ground;
  readonly survey: Survey;
  /** Where its packages lie on this host. */
  readonly repository: RepositoryPlace;
  readonly settingsOf: SettingsOf;
  /** Those that stay as they are in the repository: in no plan, and done. */
  readonly kept: ReadonlySet<PkgName>;
  readonly resolution: Resolution;
  readonly byName: ReadonlyMap<string, ResolvedPackage>;
  /** Of a plan that scans: its tasks are no packages, and it has none. */
  readonly scan?: ScanPart | undefined;
}

/** What a live build is made of. */
export interface LiveParts
  extends Pick<
    LiveBuild,
    'build' | 'startedAtMs' | 'ground' | 'survey' | 'settingsOf' | 'resolution' | 'plan' | 'planId' | 'scan'
  > {
  /** This host's id. */
  readonly owner: string;
  /** Whether it was decided that a package stays as it is. */
  isKept(pkgname: PkgName): boolean;
}

/** Puts together what runs of a plan need; it is measured from now on. */
export const makeLive = ({ owner, isKept, ...parts }: LiveParts): LiveBuild => {
  const { ground, plan, resolution, survey } = parts;
  const planned = new Set<string>(plan.tasks.map(({ name }) => name));
  const names = resolution.packages.map(({ record }) => record.pkgname);
  return {
    ...parts,
    measuredFromMs: Date.now(),
    repository: {
      packagesDir: hostPathOf(survey.tree.packages, ground.spec.shares),
      pkgSuffix: survey.tree.pkgSuffix,
      owner,
    },
    kept: new Set(names.filter((name) => isKept(name) && !planned.has(name))),
    byName: new Map(resolution.packages.map((found) => [found.record.pkgname, found])),
  };
};

export interface RunPlace {
  readonly logDir: string;
  readonly storageDirs: readonly string[];
  /** This host's id: marks its temporary files. */
  readonly owner: string;
  readonly findGround: FindGround;
  /**
   * Has what an installation of these packages needs brought to this host; says what cannot be had. Undefined: this host has what
   * there is.
   */
  readonly bringDepends?:
    | ((planId: PlanId, depends: readonly PkgName[], signal: AbortSignal) => Promise<string | undefined>)
    | undefined;
  readonly bringDistfiles?: BringDistfiles | undefined;
  /** One line for the operator. */
  onWarning(line: string): void;
}

export type Start = Extract<Effect, { kind: 'start' }>;

/** Runs one task of a live build in a prepared sandbox. */
export const runTask = async (
  live: LiveBuild,
  start: Start,
  sandbox: Sandbox,
  place: RunPlace,
  signal: AbortSignal,
  onStage: (stage: string) => void,
): Promise<RunResult> => {
  const found = live.byName.get(start.task);
  if (found === undefined) throw new Error(`the plan names ${start.task}, the graph does not`);
  const needsOf = needsIn(live);
  const depends = listDepends(live.resolution, found);
  const { packagesDir, pkgSuffix } = live.repository;
  const lacking = await place.bringDepends?.(live.planId, depends, signal);
  if (lacking !== undefined) return { kind: 'trouble', trouble: 'missing-dependency', detail: lacking };
  const looks = new Map(lookAtInstall(live.repository, depends, needsOf));
  const missing = [...looks].find(([, look]) => look === undefined)?.[0];
  if (missing !== undefined) {
    const detail = `${packageFile(packagesDir, missing, pkgSuffix)} is not there`;
    return { kind: 'trouble', trouble: 'missing-dependency', detail };
  }
  const bounds = limitsOf(live.ground.limits, found.record);
  const jobs = Math.min(start.jobs, bounds.jobs ?? start.jobs);
  await sandbox.fit({ limits: sandboxLimits(bounds), work: start.work });
  const result = await buildPackage({
    sandbox,
    record: found.record,
    depends,
    dependSet: dependSetsOf(live)(found.record.pkgname),
    environment: live.survey.make,
    workArea: start.work,
    tree: live.survey.tree,
    shares: live.ground.spec.shares,
    repositoryDir: packagesDir,
    user: live.ground.user,
    policy: policyOf(live, bounds),
    jobs,
    stamp: { build: live.build, host: place.owner, settings: live.settingsOf(found.record) },
    keepLogs: false,
    watchGround: place.findGround(live.planId, found.record, { jobs, factor: bounds.timeoutFactor }),
    signal,
    onStage,
    ...place,
  });
  if (!isFailedInstall(result)) return result;
  // A file that was replaced, or went bad, as it was installed says nothing of the package: it is looked at anew at the next try.
  const changed = findChanged(live.repository, looks);
  if (changed === undefined) return result;
  const detail = `${packageFile(packagesDir, changed, pkgSuffix)} changed while it was installed`;
  return { kind: 'trouble', trouble: 'missing-dependency', detail, stage: 'depends' };
};

const isFailedInstall = (result: RunResult): boolean =>
  result.kind === 'ended' && result.outcome.kind === 'failed' && result.outcome.stage === 'depends';

const policyOf = ({ build, ground }: LiveBuild, bounds: PackageBounds): BuildPolicy => ({
  ...ground.policy,
  limits: processLimits(bounds),
  sandboxLimits: sandboxLimits(bounds),
  hookVariables: { ...ground.policy.hookVariables, BULKMESH_BUILD: build },
});

const needsIn =
  (live: LiveBuild) =>
  (pkgname: PkgName): readonly PkgName[] => {
    const need = live.byName.get(pkgname);
    return need === undefined ? [] : listDepends(live.resolution, need);
  };

const dependSets = new WeakMap<LiveBuild, DependSets>();

/** Made once for a build: it looks at all of its packages. */
const dependSetsOf = (live: LiveBuild): DependSets => {
  const known = dependSets.get(live);
  if (known !== undefined) return known;
  const packages = live.resolution.packages.map(({ record }) => record.pkgname);
  const tasks = new Set<string>(live.plan.tasks.map(({ name }) => name));
  const planned = { packages: packages.filter((name) => tasks.has(name)), dependsOf: needsIn(live) };
  const made = makeDependSets(planned, live.repository);
  dependSets.set(live, made);
  return made;
};

const listDepends = (resolution: Resolution, found: ResolvedPackage): readonly PkgName[] =>
  found.depends.flatMap((index) => resolution.packages[index]?.record.pkgname ?? []);

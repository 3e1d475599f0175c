import { createHash } from 'node:crypto';
import type { Entry } from '../../src/core/facts/fact.ts';
import { buildId, type PlanId, planId, type TaskName } from '../../src/core/ids.ts';
import { canonicalPlan, checkPlan, type Plan, type Task } from '../../src/core/plan.ts';
import { BulkmeshError } from '../../src/errors.ts';
import type { Verdict } from '../../src/pkgsrc/fresh/verdict.ts';
import type { PkgName, PkgPath, Resolution, ScanRecord } from '../../src/pkgsrc/package.ts';
import { limitResolution } from '../../src/pkgsrc/resolve.ts';
import { type Expectation, listTasks } from '../../src/pkgsrc/tasks.ts';
import { splitPkgName } from '../../src/pkgsrc/version.ts';
import { hostPathOf } from '../../src/sandbox/hostPath.ts';
import type { Decisions } from '../../src/store/decisions.ts';
import { findEstimate } from '../../src/store/history.ts';
import type { Store } from '../../src/store/open.ts';
import { untilAborted } from '../untilAborted.ts';
import { type Aim, aimRebuild } from './aim.ts';
import { carryEntries } from './carry.ts';
import { lookForFresh, recordDecisions } from './fresh.ts';
import type { Ground } from './ground.ts';
import { type LiveBuild, makeLive } from './live.ts';
import type { ChosenBuild } from './request.ts';
import { resolveInThread } from './resolver.ts';
import {
  type Earlier,
  findStanding,
  listStillAsked,
  loadEarlier,
  makeMendedTest,
  type Standing,
} from './resume.ts';
import type { SettingsOf } from './settings.ts';
import type { Survey } from './survey.ts';

/** What a package that was never built here is taken to need, milliseconds: about the median of a real bulk build. */
const unknownEstimateMs = 60_000;

/** What a build has learnt before it is planned. */
export interface PlanGround {
  readonly ground: Ground;
  readonly survey: Survey;
  readonly settingsOf: SettingsOf;
  readonly skipAgeCheck: boolean;
  /** Absent: the plan is for this host alone. */
  readonly sealing?: Sealing | undefined;
  /** One line for the operator. */
  onWarning(line: string): void;
}

/** What has been decided of a build that other hosts take part in. */
export interface Decided {
  readonly resolution: Resolution;
  readonly decisions: Decisions;
  isKept(pkgname: PkgName): boolean;
}

/** Tells other hosts what they must know of a build. */
export interface Sealing {
  /** Their plan is for hosts like this one. */
  readonly platform: string;
  /** Each host has its own files. */
  readonly files: boolean;
  /** Writes the sheet; returns its name. Undefined: it cannot be, and the build is for this host alone. */
  seal(decided: Decided): Promise<string | undefined>;
  /** True while the sheet of an earlier plan can be given to others. */
  has(sheet: string): Promise<boolean>;
}

/** A plan with what is done of it. */
export interface PlannedBuild {
  readonly live: LiveBuild;
  readonly entries: readonly Entry[];
}

/**
 * Records to graph to plan: the packages that cannot stay as they are in the repository. The plan of a build is made once and
 * kept: a build that goes on has the same one, with the estimates of its beginning, unless something of it no longer holds;
 * then it gets another one, in which only what holds is done. Rejects with `NOTHING_TO_BUILD` when the
 * scan gave no package, with what `aimRebuild` throws, and with the reason of the signal when it is aborted.
 */
export const planBuild = async (
  store: Store,
  chosen: ChosenBuild,
  known: PlanGround,
  signal: AbortSignal,
): Promise<PlannedBuild> => {
  const earlier = chosen.resumed ? loadEarlier(store, chosen) : undefined;
  const whole = await resolveRequested(chosen, known.survey, signal);
  const aim = aimBuild(whole, chosen, earlier);
  for (const line of aim.warnings) known.onWarning(line);
  const verdicts = await decide(store, aim, known, signal);
  const decisions = recordDecisions(aim.resolution, known.settingsOf, verdicts);
  const { pkgsrc } = known.ground.make;
  const standing =
    earlier && findStanding(earlier, decisions, verdicts, makeMendedTest(aim.resolution, pkgsrc));
  if (earlier !== undefined) tellStanding(standing, known);
  const isKept = (pkgname: PkgName): boolean => verdicts.get(pkgname)?.kind === 'kept';
  const decided = { resolution: aim.resolution, decisions, isKept };
  // Packing a large tree takes minutes, and an agent that ends waits for none of them.
  const terms = await untilAborted(settleTerms(known, decided, earlier?.plan), signal);
  const going = standing && { ...standing, isWhole: standing.isWhole && terms.isSame };
  const made =
    earlier !== undefined && going !== undefined
      ? continuePlan(store, chosen, earlier, going)
      : makePlan(store, chosen, aim.resolution, verdicts);
  const plan = going?.isWhole === true ? made : { ...made, ...terms.words };
  const { id, entries } = store.together(() => {
    if (standing === undefined) store.saveDecisions(chosen.build, decisions);
    return savePlan(store, chosen, plan, going);
  });
  const live = makeLive({
    ...{ build: chosen.build, startedAtMs: chosen.startedAtMs },
    ...{ ground: known.ground, survey: known.survey, settingsOf: known.settingsOf },
    ...{ resolution: aim.resolution, plan, planId: id, owner: store.life.host },
    isKept,
  });
  return { live, entries };
};

/** What a plan says to other hosts, and whether an earlier one says it, too. */
const settleTerms = async (
  { sealing }: PlanGround,
  decided: Decided,
  earlier: Plan | undefined,
): Promise<{ readonly words: Pick<Plan, 'platform' | 'files' | 'sheet'>; readonly isSame: boolean }> => {
  if (sealing === undefined) return { words: {}, isSame: true };
  const { platform, files } = sealing;
  const isSame =
    earlier?.sheet !== undefined &&
    earlier.platform === platform &&
    (earlier.files ?? false) === files &&
    (await sealing.has(earlier.sheet));
  if (isSame) return { words: {}, isSame };
  const sheet = await sealing.seal(decided);
  return { words: sheet === undefined ? {} : { platform, files, sheet }, isSame };
};

/** Facts are for ever: where one no longer holds, the same tasks are another plan. */
const continuePlan = (store: Store, chosen: ChosenBuild, { plan }: Earlier, { isWhole }: Standing): Plan =>
  isWhole ? plan : { ...plan, build: namePlan(store, chosen) };

const resolveRequested = async (
  { pkgpaths }: ChosenBuild,
  { records }: Survey,
  signal: AbortSignal,
): Promise<Resolution> => {
  const whole = await resolveInThread(records, signal);
  const resolution = pkgpaths.length === 0 ? whole : limitResolution(whole, pkgpaths as readonly PkgPath[]);
  if (resolution.packages.length > 0) return resolution;
  throw new BulkmeshError('NOTHING_TO_BUILD', 'the scan gave no package', {
    hint: 'look at the scan failures above, and at the list of packages in the config',
  });
};

const aimBuild = (whole: Resolution, chosen: ChosenBuild, earlier: Earlier | undefined): Aim => {
  if (chosen.rebuild !== undefined) return aimRebuild(whole, chosen.rebuild, chosen.failedBefore);
  const still = earlier === undefined ? new Set<string>() : listStillAsked(earlier);
  const names = whole.packages.map(({ record }) => record.pkgname);
  const isAsked = (name: PkgName): boolean => (earlier === undefined ? chosen.everything : still.has(name));
  return { resolution: whole, asked: new Set(names.filter(isAsked)), cone: new Set(), warnings: [] };
};

const decide = async (
  store: Store,
  { resolution, asked, cone }: Aim,
  known: PlanGround,
  signal: AbortSignal,
): Promise<ReadonlyMap<PkgName, Verdict>> =>
  lookForFresh({
    ...{ resolution, asked, cone, signal },
    tree: known.survey.tree,
    pkgsrc: known.ground.make.pkgsrc,
    repositoryDir: hostPathOf(known.survey.tree.packages, known.ground.spec.shares),
    settingsOf: known.settingsOf,
    skipAgeCheck: known.skipAgeCheck,
    owner: store.life.host,
  });

const tellStanding = (standing: ReturnType<typeof findStanding>, { survey, onWarning }: PlanGround): void => {
  if (standing === undefined) {
    onWarning(
      'the tree or its settings have changed since this build began: what it built and is still good is kept, ' +
        'and everything else is built, also what failed',
    );
    return;
  }
  const { gone, mended } = standing;
  if (gone.length > 0) {
    const where = `${survey.tree.packages}/All`;
    onWarning(
      `${gone.length} packages built before are gone from ${where}, or were replaced, or changed: built again`,
    );
  }
  if (mended.length > 0) onWarning(`${mended.length} packages that failed were changed since: tried again`);
};

const makePlan = (
  store: Store,
  chosen: ChosenBuild,
  resolution: Resolution,
  verdicts: ReadonlyMap<PkgName, Verdict>,
): Plan => {
  const wanted = new Set<TaskName>();
  const tasks = listTasks(resolution, estimator(store)).filter(({ name }) => {
    const isWanted = verdicts.get(name as string as PkgName)?.kind === 'build';
    if (isWanted) wanted.add(name);
    return isWanted;
  });
  // What is kept is there already: nobody has to wait for it.
  const needing = ({ needs, ...task }: Task): Task => ({
    ...task,
    needs: needs.filter((need) => wanted.has(need)),
  });
  return { build: namePlan(store, chosen), tasks: tasks.map(needing) };
};

/** Facts belong to a plan: those of an earlier one must not count in this one, even if it says the same. */
const namePlan = (store: Store, { build }: ChosenBuild): Plan['build'] => {
  const plans = store.plansOf(build).length;
  return plans === 0 ? build : buildId(`${build}.${plans + 1}`);
};

const savePlan = (
  store: Store,
  { build }: ChosenBuild,
  plan: Plan,
  standing: Standing | undefined,
): { readonly id: PlanId; readonly entries: readonly Entry[] } => {
  const problems = checkPlan(plan);
  if (problems.length > 0) throw new Error(`the plan cannot be carried out: ${JSON.stringify(problems[0])}`);
  const canonical = Buffer.from(canonicalPlan(plan));
  const id = planId(createHash('sha256').update(canonical).digest('hex'));
  store.savePlan(id, build, canonical);
  if (standing === undefined || standing.isWhole) return { id, entries: standing?.entries ?? [] };
  const entries = carryEntries(standing.entries, id, store.life);
  store.addEntries(entries);
  return { id, entries };
};

const estimator = (store: Store): ((record: ScanRecord) => Expectation) => {
  const known = store.estimates();
  return ({ pkgpath, pkgname }) => {
    const found = findEstimate(known, pkgpath, splitPkgName(pkgname).base);
    return {
      wallMs: Math.max(1, found?.wallMs ?? unknownEstimateMs),
      diskBytes: found?.diskBytes ?? 0,
      memoryBytes: found?.memoryBytes ?? 0,
    };
  };
};

import { createHash } from 'node:crypto';
import { planId } from '../../src/core/ids.ts';
import { canonicalPlan, checkPlan, type Plan } from '../../src/core/plan.ts';
import { parseCanonicalPlan } from '../../src/core/planText.ts';
import { BulkmeshError } from '../../src/errors.ts';
import type { PkgPath, ScanRecord } from '../../src/pkgsrc/package.ts';
import { limitResolution } from '../../src/pkgsrc/resolve.ts';
import { listTasks } from '../../src/pkgsrc/tasks.ts';
import { splitPkgName } from '../../src/pkgsrc/version.ts';
import { findEstimate } from '../../src/store/history.ts';
import type { Store } from '../../src/store/open.ts';
import type { Ground } from './ground.ts';
import type { LiveBuild } from './live.ts';
import type { ChosenBuild } from './request.ts';
import { resolveInThread } from './resolver.ts';
import type { SettingsOf } from './settings.ts';
import type { Survey } from './survey.ts';

/** What a package that was never built here is taken to need, milliseconds: about the median of a real bulk build. */
const unknownEstimateMs = 60_000;

/** What a build has learnt before it is planned. */
export interface PlanGround {
  readonly ground: Ground;
  readonly survey: Survey;
  readonly settingsOf: SettingsOf;
}

/**
 * Records to graph to plan. The plan of a build is made once and kept: a build that is resumed has the same one, with
 * the estimates of its beginning. Rejects with `NOTHING_TO_BUILD` when the scan gave no package, and with the reason of
 * the signal when it is aborted while the tree is resolved.
 */
export const planBuild = async (
  store: Store,
  chosen: ChosenBuild,
  { ground, survey, settingsOf }: PlanGround,
  signal: AbortSignal,
): Promise<LiveBuild> => {
  const whole = await resolveInThread(survey.records, signal);
  const requested = chosen.pkgpaths as readonly PkgPath[];
  const resolution = requested.length === 0 ? whole : limitResolution(whole, requested);
  if (resolution.packages.length === 0) {
    throw new BulkmeshError('NOTHING_TO_BUILD', 'the scan gave no package', {
      hint: 'look at the scan failures above, and at the list of packages in the config',
    });
  }
  const plan = loadPlan(store, chosen) ?? {
    build: chosen.build,
    tasks: listTasks(resolution, estimator(store)),
  };
  const problems = checkPlan(plan);
  if (problems.length > 0) throw new Error(`the plan cannot be carried out: ${JSON.stringify(problems[0])}`);
  const canonical = Buffer.from(canonicalPlan(plan));
  const id = planId(createHash('sha256').update(canonical).digest('hex'));
  store.savePlan(id, chosen.build, canonical);
  return {
    build: chosen.build,
    planId: id,
    plan,
    startedAtMs: chosen.startedAtMs,
    measuredFromMs: Date.now(),
    ground,
    survey,
    settingsOf,
    resolution,
    byName: new Map(resolution.packages.map((found) => [found.record.pkgname, found])),
  };
};

/** The plan that this build was begun with; undefined when it is just beginning. */
const loadPlan = (store: Store, chosen: ChosenBuild): Plan | undefined => {
  const [saved] = store.plansOf(chosen.build);
  const bytes = saved === undefined ? undefined : store.loadPlan(saved);
  return bytes === undefined ? undefined : parseCanonicalPlan(Buffer.from(bytes).toString('utf8'));
};

const estimator = (store: Store): ((record: ScanRecord) => number) => {
  const known = store.estimates();
  return ({ pkgpath, pkgname }) => {
    const found = findEstimate(known, pkgpath, splitPkgName(pkgname).base);
    return Math.max(1, found?.wallMs ?? unknownEstimateMs);
  };
};

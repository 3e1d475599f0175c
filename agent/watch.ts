import { availableParallelism, loadavg } from 'node:os';
import type { PlanId } from '../src/core/ids.ts';
import type { AgentState } from '../src/core/state.ts';
import { paceOf } from '../src/core/view.ts';
import { stretchOf, type WatchGround } from '../src/core/watchdog/table.ts';
import type { ScanRecord } from '../src/pkgsrc/package.ts';
import { splitPkgName } from '../src/pkgsrc/version.ts';
import { type Estimates, findEstimate } from '../src/store/history.ts';

/** How long a measure of the host holds. */
const STRETCH_MS = 10_000;

export interface WatchPorts {
  readonly core: AgentState;
  estimates(): Estimates;
  /** Processes that want to run, per core; 0 where the host does not tell. */
  loadPerCore(): number;
}

/** What decides, apart from the configuration, how long a package may take on this host. */
export type FindGround = (planId: PlanId, record: ScanRecord, run: WatchedRun) => () => WatchGround;

interface WatchedRun {
  /** MAKE_JOBS. */
  readonly jobs: number;
  /** What the configuration says of this package: every time is multiplied by it. */
  readonly factor: number;
}

/**
 * The history is read once for each plan, and the speed of the host, by what was built so far and by its load, is
 * measured every ten seconds.
 */
export const makeGroundFinder = ({ core, estimates, loadPerCore }: WatchPorts): FindGround => {
  let known: { readonly planId: PlanId; readonly estimates: Estimates } | undefined;
  let measured: { readonly atMs: number; readonly planId: PlanId; readonly stretch: number } | undefined;
  const measure = (planId: PlanId): number => {
    const nowMs = performance.now();
    if (measured === undefined || measured.planId !== planId || nowMs - measured.atMs >= STRETCH_MS) {
      measured = { atMs: nowMs, planId, stretch: stretchOf(paceOf(core, planId), loadPerCore()) };
    }
    return measured.stretch;
  };
  return (planId, { pkgpath, pkgname }, { jobs, factor }) => {
    if (known?.planId !== planId) known = { planId, estimates: estimates() };
    const found = findEstimate(known.estimates, pkgpath, splitPkgName(pkgname).base);
    const slowestMs = found?.slowestMs ?? 0;
    const jobsRatio = Math.max(1, (found?.jobs ?? 0) / Math.max(1, jobs));
    return () => ({ stretch: measure(planId) * factor, slowestMs, jobsRatio });
  };
};

/** By the load average of the last minute. */
export const loadPerCore = (): number => (loadavg()[0] ?? 0) / availableParallelism();

import { canStart } from './dispatch/admission.ts';
import { measureDisk } from './dispatch/ledger.ts';
import { isFitHere } from './dispatch/places.ts';
import type { Wait } from './dispatch/wait.ts';
import { findLeader, isOpen } from './election/role.ts';
import { listMissing } from './files/needs.ts';
import type { HostId, PlanId, TaskName } from './ids.ts';
import type { StopMode } from './input.ts';
import { findMinorityMs } from './membership/minority.ts';
import { listQueue, nameOf } from './queue/queue.ts';
import { listSlots } from './slot/pool.ts';
import type { AgentState, PlanState } from './state.ts';
import { countUsable, isWithdrawn, listRuns } from './state.ts';

/** Why a host starts nothing more now. Times from now on, milliseconds. */
export type Idle =
  | { readonly kind: 'stopping'; readonly mode: StopMode }
  /** An operator wants it so. */
  | { readonly kind: 'drained' }
  /** As many tasks run as may. */
  | { readonly kind: 'busy'; readonly runs: number }
  | { readonly kind: 'noPlan' }
  /** A user has stopped all plans that are not over. */
  | { readonly kind: 'stopped'; readonly planIds: readonly PlanId[] }
  /** It cannot run tasks of any plan. */
  | { readonly kind: 'unfit'; readonly planIds: readonly PlanId[] }
  /** It is in quarantine: these tasks met trouble here, one after the other, or its disk was full. */
  | { readonly kind: 'troubled'; readonly leftMs: number; readonly troubled: number }
  /** It was in quarantine: one run shows whether it is well again. */
  | { readonly kind: 'probing' }
  /** It is on the smaller side of a cut. */
  | { readonly kind: 'minority'; readonly leftMs: number }
  | Wait
  /** A task waits here for so many files, which come from these hosts; none: nobody can be asked now. */
  | {
      readonly kind: 'files';
      readonly planId: PlanId;
      readonly task: TaskName;
      readonly missing: number;
      readonly from: readonly HostId[];
    }
  /** All tasks that are left run, or are somebody's. */
  | { readonly kind: 'nothingLeft' }
  | { readonly kind: 'noCoordinator' }
  /** This host has just come to coordinate, and waits for others to tell what they hold. */
  | { readonly kind: 'collecting' }
  /** What is left needs other tasks first. */
  | { readonly kind: 'nothingReady'; readonly waiting: number }
  /** What could start pauses after trouble. */
  | { readonly kind: 'paused'; readonly tasks: number; readonly leftMs: number }
  /** So many sandboxes are being made or cleaned; after so many failures the next try comes at its time. */
  | { readonly kind: 'sandboxes'; readonly underWay: number; readonly failures: number }
  /** So many tasks could start, but the coordinator keeps them for other hosts, or they are there already. */
  | { readonly kind: 'notGranted'; readonly ready: number; readonly coordinator: HostId };

/** Why this host starts nothing more now; undefined: it is about to. `nowMs`: its monotonic clock. */
export const explainIdle = (state: AgentState, nowMs = state.nowMs): Idle | undefined => {
  if (state.stopping !== undefined) return { kind: 'stopping', mode: state.stopping };
  if (state.isDrained) return { kind: 'drained' };
  const runs = listRuns(state).length;
  if (runs >= countUsable(state)) return { kind: 'busy', runs };
  const live = state.plans.filter(({ ending }) => ending === undefined);
  const active = live.filter((plan) => !isWithdrawn(state, plan));
  const fit = active.filter((plan) => isFitHere(state, plan));
  if (fit.length === 0) return explainPlans(live, active);
  return explainHost(state, runs, nowMs) ?? explainQueue(state) ?? explainTasks(state, fit, nowMs);
};

const explainPlans = (live: readonly PlanState[], active: readonly PlanState[]): Idle => {
  if (live.length === 0) return { kind: 'noPlan' };
  return active.length === 0
    ? { kind: 'stopped', planIds: live.map(({ planId }) => planId) }
    : { kind: 'unfit', planIds: active.map(({ planId }) => planId) };
};

/** What keeps the host from starting anything at all. */
const explainHost = (state: AgentState, runs: number, nowMs: number): Idle | undefined => {
  const { admission, resources, limits } = state;
  const { gate, troubled } = admission;
  if (gate.kind === 'held')
    return { kind: 'troubled', leftMs: Math.max(0, gate.untilMs - nowMs), troubled: troubled.length };
  const level = measureDisk(resources, limits);
  if (level === 'full' || level === 'critical' || (level === 'low' && runs > 0)) {
    const { diskFreeBytes: freeBytes = 0, diskTotalBytes: totalBytes = 0 } = resources ?? {};
    return { kind: 'disk', isFull: level === 'full', freeBytes, totalBytes };
  }
  if (!canStart(admission)) return { kind: 'probing' };
  const heldMs = findMinorityMs(state, nowMs);
  return heldMs > 0 ? { kind: 'minority', leftMs: heldMs } : state.wait;
};

/** What keeps a task that waits here. */
const explainQueue = (state: AgentState): Idle | undefined => {
  const queue = listQueue(state);
  for (const { plan, task } of queue) {
    const missing = plan.usesFiles ? listMissing(plan, task) : [];
    if (missing.length === 0) continue;
    const from = new Set(missing.flatMap((need) => plan.files.fetches.get(need) ?? []));
    const { planId } = plan;
    return { kind: 'files', planId, task: nameOf(plan, task), missing: missing.length, from: [...from] };
  }
  return queue.length > 0 ? explainSlots(state) : undefined;
};

/** Undefined while a sandbox is ready. */
const explainSlots = ({ pool }: AgentState): Idle | undefined => {
  if (listSlots(pool, 'ready').length > 0) return undefined;
  const underWay = listSlots(pool, 'preparing').length + listSlots(pool, 'cleaning').length;
  const failures = pool.slots.reduce((sum, slot) => sum + slot.prepareFailures + slot.cleanFailures, 0);
  return { kind: 'sandboxes', underWay, failures };
};

const explainTasks = (state: AgentState, plans: readonly PlanState[], nowMs: number): Idle | undefined => {
  const count = (status: 'ready' | 'paused' | 'waiting'): number =>
    plans.reduce((sum, { progress }) => sum + progress.counts[status], 0);
  const [ready, paused, waiting] = [count('ready'), count('paused'), count('waiting')];
  if (ready + paused + waiting === 0) return { kind: 'nothingLeft' };
  const leader = findLeader(state, nowMs);
  if (leader === undefined) return { kind: 'noCoordinator' };
  const isHere = leader.host === state.life?.host;
  if (isHere && !isOpen(state)) return { kind: 'collecting' };
  if (ready === 0 && paused === 0) return { kind: 'nothingReady', waiting };
  if (ready === 0) {
    const untilMs = Math.min(...plans.flatMap(({ progress }) => progress.paused.map((each) => each.untilMs)));
    return { kind: 'paused', tasks: paused, leftMs: Math.max(0, untilMs - nowMs) };
  }
  return (
    (isHere ? explainSlots(state) : undefined) ?? { kind: 'notGranted', ready, coordinator: leader.host }
  );
};

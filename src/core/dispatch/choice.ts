import { itemAt } from '../assert.ts';
import { listStarved } from '../files/starved.ts';
import type { HostId, Life } from '../ids.ts';
import { compareText } from '../ids.ts';
import type { Load } from '../message.ts';
import { countOpen } from '../queue/able.ts';
import type { AgentState, PlanState } from '../state.ts';
import { listRuns } from '../state.ts';
import { type Horizon, isInTime } from './slack.ts';

/** A host that the coordinator may grant to. */
export interface Place {
  readonly life: Life;
  /** This host itself: its slots take from the heap when they are ready, so that nothing is granted to it ahead. */
  readonly isHere: boolean;
  readonly load: Load;
  readonly speed: number;
  /** What it holds by the coordinator's table, these grants included. */
  running: number;
  queued: number;
  /** What queued tasks will take of its memory, bytes. */
  promisedBytes: number;
}

/** How many tasks a host may hold. A queue only bridges the way to the coordinator: what is granted early is bound early. */
export const countRoom = ({ rules }: AgentState, place: Place): number => {
  const { load, running, queued, isHere } = place;
  if (load.usable === 0) return 0;
  if (isHere) return countIdle(place);
  const ahead = rules.lateBinding ? Math.max(1, Math.ceil(load.usable / 4)) : 4 * load.usable;
  return load.usable + ahead - running - queued;
};

/** How many tasks a host could start at once. */
export const countIdle = ({ load, running, queued }: Place): number =>
  Math.max(0, load.usable - running - queued);

/** The host that is expected to bring a task to its end first, of those that should take it; undefined: none should. */
export const choosePlace = (
  state: AgentState,
  { plan, task, places, horizon, isUrgent }: Question,
): Place | undefined => {
  const { estimateMs } = itemAt(plan.progress.table.tasks, task);
  let best: Place | undefined;
  let bestMs = Number.POSITIVE_INFINITY;
  for (const place of preferOthers(state, plan, task, places)) {
    if (countRoom(state, place) <= 0 || !fits(state, plan, task, place)) continue;
    if (!isUrgent && !isInTime(state, plan, task, place.speed, horizon)) continue;
    const waitMs =
      countIdle(place) > 0 ? 0 : place.load.waitMs + estimateMs / place.speed / place.load.usable;
    const endMs = waitMs + estimateMs / place.speed;
    const order = endMs - bestMs || compareFree(place, best);
    if (order < 0) {
      best = place;
      bestMs = endMs;
    }
  }
  return best;
};

interface Question {
  readonly plan: PlanState;
  readonly task: number;
  readonly places: readonly Place[];
  readonly horizon: Horizon;
  /** It has waited for so long that any host will do. */
  readonly isUrgent: boolean;
}

/** Those that have not had trouble with the task, when there are any: a package is not to be blamed for one host. */
const preferOthers = (
  state: AgentState,
  plan: PlanState,
  task: number,
  places: readonly Place[],
): readonly Place[] => {
  const hosts = listUnfit(state, plan, task);
  if (hosts.length === 0) return places;
  const others = places.filter(({ life, load }) => load.usable > 0 && !hosts.includes(life.host));
  return others.length > 0 ? others : places;
};

/** The hosts that met trouble with a task, and those that lately could not get the files that it needs. */
export const listUnfit = (state: AgentState, plan: PlanState, task: number): readonly HostId[] => {
  const troubled = state.rules.otherHostFirst ? (plan.records.get(task)?.hosts ?? []) : [];
  return [...troubled, ...listStarved(state, plan, task)];
};

/** What is known to be too large for what a busy host has free goes elsewhere; an idle one takes everything. */
const fits = ({ limits }: AgentState, plan: PlanState, task: number, place: Place): boolean => {
  const { memoryBytes, diskBytes } = itemAt(plan.progress.table.tasks, task);
  const { load, running, queued, promisedBytes } = place;
  if (running + queued === 0) return true;
  const memory = memoryBytes * limits.reserveMargin + promisedBytes;
  if (memoryBytes > 0 && load.memoryFreeBytes !== undefined && memory > load.memoryFreeBytes) return false;
  return !(diskBytes > 0 && load.diskFreeBytes !== undefined && diskBytes > load.diskFreeBytes);
};

const compareFree = (place: Place, best: Place | undefined): number =>
  best === undefined
    ? -1
    : countIdle(best) - countIdle(place) || compareText(place.life.host, best.life.host);

/** How many more tasks this host may hold, for itself. */
export const countRoomHere = (state: AgentState): number => {
  const usable = countOpen(state);
  return usable === 0
    ? 0
    : usable + Math.max(1, Math.ceil(usable / 4)) - listRuns(state).length - state.queue.length;
};

import { itemAt } from '../assert.ts';
import { listStarved } from '../files/starved.ts';
import type { HostId } from '../ids.ts';
import { compareText } from '../ids.ts';
import { countOpen } from '../queue/able.ts';
import type { AgentState, PlanState } from '../state.ts';
import { listRuns } from '../state.ts';
import { type Place, timeAt } from './places.ts';

/** How many tasks a host may hold. A queue only bridges the way to the coordinator: what is granted early is bound early. */
export const countRoom = ({ rules }: AgentState, place: Place): number => {
  const { load, running, queued, isHere } = place;
  if (load.usable === 0) return 0;
  if (isHere) return countIdle(place);
  const ahead = rules.lateBinding ? Math.max(1, Math.ceil(load.usable / 4)) : 4 * load.usable;
  return load.usable + ahead - running - queued;
};

/** How many tasks a host could start at once. */
const countIdle = ({ load, running, queued }: Place): number => Math.max(0, load.usable - running - queued);

/**
 * The host that is expected to bring a task to its end first, be it one that is busy now: a slow one that is idle and takes
 * a task of the longest path makes the whole plan as slow as itself, and nobody can take it back. So the caller books the
 * task there and leaves it in the heap when the host has no room yet, and takes the next one, in their order. Undefined: no host
 * should have it now.
 */
export const choosePlace = (state: AgentState, { plan, task, places, need }: Question): Place | undefined => {
  const { limits, rules } = state;
  const isCritical = need > limits.criticalCores;
  let best: Place | undefined;
  let bestMs = Number.POSITIVE_INFINITY;
  for (const place of preferOthers(state, plan, task, places)) {
    const [freeMs] = place.freeMs;
    if (freeMs === undefined || !fits(state, plan, task, place)) continue;
    if (!rules.slackRule && countRoom(state, place) <= 0) continue;
    if (!isCritical && !hasCores(state, place, need)) continue;
    const crowding = isCritical ? Math.max(1, (place.needed + need) / place.cores) : 1;
    const endMs = freeMs + timeAt(state, place, plan, task) * crowding;
    const order = endMs - bestMs || compareFree(place, best);
    if (order >= 0) continue;
    best = place;
    bestMs = endMs;
  }
  return best;
};

interface Question {
  readonly plan: PlanState;
  readonly task: number;
  readonly places: readonly Place[];
  /** Cores that it needs so that the plan does not wait for it. */
  readonly need: number;
}

/** What the plan waits for keeps the cores that it needs: so much may run beside it, and no more. */
const hasCores = (
  { limits }: AgentState,
  { cores, load, needed, running, queued }: Place,
  need: number,
): boolean => running + queued === 0 || needed + need <= Math.max(load.usable, limits.needShare * cores);

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
const listUnfit = (state: AgentState, plan: PlanState, task: number): readonly HostId[] => {
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
    : best.needed - place.needed === 0
      ? countIdle(best) - countIdle(place) || compareText(place.life.host, best.life.host)
      : place.needed - best.needed;

/** How many more tasks this host may hold, for itself. */
export const countRoomHere = (state: AgentState): number => {
  const usable = countOpen(state);
  return usable === 0
    ? 0
    : usable + Math.max(1, Math.ceil(usable / 4)) - listRuns(state).length - state.queue.length;
};

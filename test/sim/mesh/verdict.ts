import type { PlanId } from '../../../src/core/ids.ts';
import type { Ground, Machine } from './ground.ts';
import type { TaskSpec, Word } from './scenario.ts';

/** All that was to happen has happened, and every agent that lives is at rest, with all of its plans ended. */
export const isAllDone = (ground: Ground, lastWords: ReadonlyMap<PlanId, Word['kind']>): boolean => {
  const { scenario, plans, agenda, machines } = ground;
  if (plans.size < scenario.plans.length) return machines.every(({ isUp }) => !isUp);
  if (scenario.words.some(({ atMs }) => atMs > agenda.nowMs)) return false;
  const living = machines.filter((machine) => !machine.isForeign && !(machine.isGone && !machine.isUp));
  if (!living.every((machine) => isDone(ground, machine, lastWords))) return false;
  return [...plans.keys()].every(
    (id) => living.length === 0 || lastWords.get(id) === 'stop' || living.some(({ ended }) => ended.has(id)),
  );
};

const isDone = (
  { core }: Ground,
  { isUp, process }: Machine,
  lastWords: ReadonlyMap<PlanId, Word['kind']>,
): boolean => {
  if (!isUp || process === undefined || process.isStoring) return false;
  for (const id of process.given) {
    const ending = process.ended.get(id);
    if (ending === undefined || (ending === 'stopped' && lastWords.get(id) !== 'stop')) return false;
  }
  return core.isAtRest(process.state);
};

/** A run that has not ended by then never will: even one host alone, with every second run in trouble, would have. */
export const findDeadline = ({ scenario }: Ground): number => {
  const workMs = scenario.plans.reduce((sum, { tasks }) => sum + sumWork(tasks), 0);
  const speeds = scenario.hosts.map(({ speed }) => speed);
  const slowest = speeds.length === 0 ? 1 : Math.min(...speeds);
  const lastMs = Math.max(
    0,
    ...scenario.plans.map(({ addMs }) => addMs),
    ...scenario.words.map(({ atMs }) => atMs),
  );
  return Math.max(scenario.healMs, lastMs) + 3_600_000 * 2 + (4 * workMs) / slowest;
};

const sumWork = (tasks: readonly TaskSpec[]): number =>
  tasks.reduce((sum, { serialMs, parallelMs, adds }) => sum + serialMs + parallelMs + sumWork(adds), 0);

/** One line for each host that is not done. */
export const describeStuck = ({ machines, core, plans }: Ground): string => {
  const lines = machines
    .filter(({ isForeign, isGone, isUp }) => !isForeign && (isUp || !isGone))
    .map(({ name, isUp, process }) => {
      if (!isUp || process === undefined) return `${name}: down`;
      const open = [...process.given].filter((id) => process.ended.get(id) !== 'complete');
      const lead = core.findLead(process.state);
      const rest = core.isAtRest(process.state) ? 'at rest' : 'busy';
      const leads = lead === undefined ? '' : `, leads ${lead}`;
      return `${name}: ${rest}${leads}, ${process.builds.size} builds, open plans: ${open.join(' ') || 'none'}`;
    });
  return `no end; ${plans.size} plans; ${lines.join('; ')}`;
};

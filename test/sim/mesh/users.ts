import { selectCanonical } from '../../../src/core/facts/merge.ts';
import type { PlanId } from '../../../src/core/ids.ts';
import { planId, taskName } from '../../../src/core/ids.ts';
import { listEntries } from './disk.ts';
import type { Ground, Machine, Process } from './ground.ts';
import { toPlan } from './plans.ts';
import type { PlanSpec, Word } from './scenario.ts';
import { givePlan } from './shell.ts';

/** A user whose host is down tries again after so long. */
const againMs = 1_000;

/** The users of a scenario do what they are to do, each at the host where he is, or at the next one that is up. */
export const noteUsers = (ground: Ground, lastWords: Map<PlanId, Word['kind']>): void => {
  for (const spec of ground.scenario.plans) {
    for (const { host, addMs } of [spec, ...(spec.twins ?? [])]) {
      ground.agenda.note(addMs, () => addPlan(ground, { ...spec, host }));
    }
  }
  for (const word of ground.scenario.words) {
    ground.agenda.note(word.atMs, () => sayWord(ground, word, lastWords));
  }
};

/**
 * What was said to hosts that are gone, or to one that had not heard yet what was said before, has come to nothing: it is
 * said again. Plans are handed in, or resumed.
 */
export const repeatWords = (ground: Ground, lastWords: Map<PlanId, Word['kind']>): void => {
  const living = ground.machines.filter(isUsable);
  for (const spec of ground.scenario.plans) {
    const id = planId(spec.id);
    if (!ground.plans.has(id)) continue;
    const known = living.filter(({ disk }) => disk.plans.has(id));
    if (known.length === 0) addPlan(ground, spec);
    else if (
      lastWords.get(id) !== 'stop' &&
      known.every(({ disk }) => disk.plans.get(id)?.ending === 'stopped')
    ) {
      sayWord(
        ground,
        { kind: 'resume', atMs: ground.agenda.nowMs, host: spec.host, plan: spec.id },
        lastWords,
      );
    } else if (lastWords.get(id) !== 'stop' && isToBeRetried(ground, spec, known)) {
      const again = { kind: 'retry', atMs: ground.agenda.nowMs, tasks: 'all' } as const;
      sayWord(ground, { ...again, host: spec.host, plan: spec.id }, lastWords);
    }
  }
};

/** Some user has wanted what failed tried again, and something of it has failed that need not. */
const isToBeRetried = ({ scenario }: Ground, { id, tasks }: PlanSpec, known: readonly Machine[]): boolean => {
  if (!scenario.words.some((word) => word.kind === 'retry' && word.plan === id)) return false;
  const isOver = known.every(({ ended }) => ended.get(planId(id)) === 'complete');
  const flaky = new Set(tasks.filter(({ fate }) => fate.kind === 'flaky').map(({ name }) => taskName(name)));
  const failed = ({ disk }: Machine): boolean =>
    [...selectCanonical(listEntries(disk, planId(id))).values()].some(
      ({ task, outcome }) => outcome.kind === 'failed' && flaky.has(task),
    );
  return isOver && known.some(failed);
};

const addPlan = (ground: Ground, spec: PlanSpec): void => {
  const process = findNext(ground, spec.host, () => true);
  if (process === undefined) {
    if (isHopeless(ground)) return;
    ground.agenda.note(ground.agenda.nowMs + againMs, () => addPlan(ground, spec));
    return;
  }
  const id = planId(spec.id);
  const plan = toPlan(spec);
  ground.plans.set(id, plan);
  process.station.enqueue(() => {
    if (!process.given.has(id)) givePlan(ground, process, id, plan);
  });
};

const sayWord = (ground: Ground, word: Word, lastWords: Map<PlanId, Word['kind']>): void => {
  const id = planId(word.plan);
  const process = findNext(ground, word.host, ({ machine }) => machine.disk.plans.has(id));
  if (process === undefined) {
    if (isHopeless(ground)) return;
    ground.agenda.note(ground.agenda.nowMs + againMs, () => sayWord(ground, word, lastWords));
    return;
  }
  if (word.kind !== 'retry') lastWords.set(id, word.kind);
  const { station, machine } = process;
  for (const { onWord } of ground.watchers.all) onWord?.(word, machine);
  station.enqueue(() => {
    const stored = machine.disk.plans.get(id);
    if (stored !== undefined && !process.given.has(id)) givePlan(ground, process, id, stored.plan);
    if (word.kind === 'stop') {
      station.step({ kind: 'planStopped', planId: id, mode: word.mode });
      return;
    }
    if (word.kind === 'retry') {
      const tasks = word.tasks === 'all' ? word.tasks : word.tasks.map(taskName);
      station.step({ kind: 'tasksRetried', planId: id, tasks });
      return;
    }
    // What is complete stays so, whatever is said.
    if (process.ended.get(id) === 'stopped') process.ended.delete(id);
    if (stored?.ending === 'stopped') stored.ending = undefined;
    station.step({ kind: 'planResumed', planId: id });
  });
};

const findNext = (
  { machines }: Ground,
  name: string,
  suits: (process: Process) => boolean,
): Process | undefined => {
  const first = Math.max(
    0,
    machines.findIndex((machine) => machine.name === name),
  );
  const inOrder = [...machines.slice(first), ...machines.slice(0, first)];
  return inOrder.find(
    (machine) => isUsable(machine) && machine.process !== undefined && suits(machine.process),
  )?.process;
};

const isUsable = (machine: Machine): boolean =>
  machine.isUp && !machine.isForeign && !machine.isClone && !machine.isLeaving && !machine.isPaused;

/** Nobody is there any more who could take a word. */
const isHopeless = ({ machines, isHealed }: Ground): boolean =>
  isHealed && machines.every(({ isGone, isForeign }) => isGone || isForeign);

import { never } from '../../../src/core/assert.ts';
import type { Effect } from '../../../src/core/effect.ts';
import type { PlanId } from '../../../src/core/ids.ts';
import { lifeKey } from '../../../src/core/ids.ts';
import type { Event } from '../../../src/core/input.ts';
import { cancelBuild, startBuild } from './builds.ts';
import { addRows, filesOf, flushPending, listEntries, listFiles } from './disk.ts';
import { freezeDeeply } from './freeze.ts';
import type { Ground, Process } from './ground.ts';
import { findTrouble, noteFor } from './ground.ts';
import { cleanSlot, prepareSlot, retireSlot, sweepSlots } from './sandboxes.ts';
import { fetchFile, findHolder } from './transfers.ts';

type Of<Kind extends Effect['kind']> = Extract<Effect, { readonly kind: Kind }>;

/** What the shell needs of the one who starts and ends processes. */
export interface Keeper {
  readonly kill: (process: Process, how: 'crash' | 'left') => void;
}

/** Between two tries to store what could not be stored. */
const storeAgainMs = 2_000;
/** An agent that is to give up does so after so many. */
const storeTriesMax = 5;
const flushMs = 1_000;
const flushRows = 256;

/** One event for an agent, and all that follows from it, as far as nothing has to wait. */
export const stepAgent = (ground: Ground, keeper: Keeper, process: Process, event: Event): void => {
  const { core, agenda, watchers, hash, counts } = ground;
  const { machine, state, station } = process;
  if (!station.isAlive) return;
  counts.events += 1;
  ground.busy = machine;
  const { nowMs } = agenda;
  const effects = core.handle(state, event, {
    now: nowMs + machine.clockMs,
    wall: 1_700_000_000_000 + nowMs + machine.wallMs,
  });
  hash.add(nowMs, machine.index, event, effects);
  for (const watch of watchers.onStep) watch(machine, event, effects);
  performFrom(ground, keeper, process, effects, 0);
};

/** Carries out effects one after the other, until one has to be waited for. */
const performFrom = (
  ground: Ground,
  keeper: Keeper,
  process: Process,
  effects: readonly Effect[],
  first: number,
): void => {
  for (let index = first; index < effects.length; index++) {
    const effect = effects[index];
    if (effect === undefined || !process.station.isAlive) return;
    if (process.effectsLeft !== undefined) {
      if (process.effectsLeft === 0) {
        keeper.kill(process, 'crash');
        return;
      }
      process.effectsLeft -= 1;
    }
    if (effect.kind === 'persist') {
      const goOn = (): void => performFrom(ground, keeper, process, effects, index + 1);
      if (!persist(ground, keeper, process, effect, goOn)) return;
    } else {
      perform(ground, process, effect);
      for (const watch of ground.watchers.onEffect) watch(process.machine, effect);
    }
  }
  ground.busy = undefined;
  leaveAtRest(ground, keeper, process);
};

/** Stores at once and says true, or makes the process stand still until it has stored, and then go on. */
const persist = (
  ground: Ground,
  keeper: Keeper,
  process: Process,
  effect: Of<'persist'>,
  goOn: () => void,
): boolean => {
  const { machine } = process;
  const store = (): void => {
    addRows(machine.disk, copyOf(ground, effect.entries), `own ${lifeKey(process.life)}`);
    for (const watch of ground.watchers.onEffect) watch(machine, effect);
  };
  const findWaitMs = (): number => findTrouble(machine, 'slowDisk')?.persistMs ?? machine.spec.persistMs;
  const isRefused = (): boolean => findTrouble(machine, 'persistFails') !== undefined;
  if (!isRefused() && findWaitMs() === 0) {
    store();
    return true;
  }
  let tries = 0;
  const attempt = (): void => {
    if (!process.station.isAlive) return;
    tries += 1;
    if (isRefused() && tries >= storeTriesMax && findTrouble(machine, 'persistFails')?.isFatal === true) {
      keeper.kill(process, 'crash');
    } else if (isRefused()) {
      ground.agenda.note(ground.agenda.nowMs + storeAgainMs, attempt);
    } else {
      process.store = store;
      ground.agenda.note(ground.agenda.nowMs + findWaitMs(), () => {
        if (process.station.isAlive) goOnAfter(process, store, goOn);
      });
    }
  };
  process.isStoring = true;
  attempt();
  return false;
};

const goOnAfter = (process: Process, store: () => void, goOn: () => void): void => {
  store();
  process.store = undefined;
  process.isStoring = false;
  process.rest = goOn;
  drainDeferred(process);
};

/** Does what waited while the process stood still, in its order, until it stands still again. */
export const drainDeferred = (process: Process): void => {
  while (process.pauses === 0 && !process.isStoring && process.station.isAlive) {
    const { rest } = process;
    process.rest = undefined;
    const job = rest ?? process.deferred.shift();
    if (job === undefined) return;
    job();
  }
};

const perform = (
  ground: Ground,
  process: Process,
  effect: Exclude<Effect, { readonly kind: 'persist' }>,
): void => {
  const { machine, station } = process;
  switch (effect.kind) {
    case 'keep':
      keep(ground, process, effect);
      break;
    case 'send':
      ground.network.send(station, effect);
      break;
    case 'closeSession':
      ground.network.close(station, effect.session);
      break;
    case 'fetchPlan':
      fetchPlan(ground, process, effect);
      break;
    case 'fetchFile':
      fetchFile(ground, process, effect);
      break;
    case 'dropFile':
      filesOf(machine.disk, effect.planId).delete(effect.task);
      break;
    case 'cancel':
      cancelBuild(ground, process, effect);
      break;
    case 'clean':
      cleanSlot(ground, process, effect);
      break;
    case 'prepare':
      prepareSlot(ground, process, effect);
      break;
    case 'start':
      startBuild(ground, process, effect);
      break;
    case 'retire':
      retireSlot(process, effect);
      break;
    case 'sweep':
      sweepSlots(ground, process);
      break;
    case 'planEnded':
      endPlan(process, effect);
      break;
    case 'wake':
      setAlarm(ground, process, effect.at);
      break;
    case 'announce':
    case 'note':
      break;
    default:
      never(effect);
  }
};

const copyOf = <Value>(ground: Ground, value: Value): Value =>
  ground.copies ? freezeDeeply(structuredClone(value)) : value;

const keep = (ground: Ground, process: Process, { entries }: Of<'keep'>): void => {
  const { disk } = process.machine;
  disk.pending.push(...copyOf(ground, entries));
  const flush = (): void => {
    process.isFlushing = false;
    if (findTrouble(process.machine, 'persistFails') === undefined) flushKept(process);
  };
  if (disk.pending.length >= flushRows) flush();
  if (process.isFlushing || disk.pending.length === 0) return;
  process.isFlushing = true;
  noteFor(ground, process, flushMs, flush);
};

/** What was to be kept becomes durable, or the first part of it. */
export const flushKept = ({ machine, life }: Process, share = 1): void =>
  flushPending(machine.disk, `kept ${lifeKey(life)}`, share);

const endPlan = ({ machine, ended }: Process, { planId, ending }: Of<'planEnded'>): void => {
  ended.set(planId, ending);
  const stored = machine.disk.plans.get(planId);
  // An agent that ends stops its plans; the next one goes on with them.
  const isOver = ending === 'complete' || !machine.isLeaving;
  if (stored !== undefined && isOver) stored.ending = ending;
};

const setAlarm = (ground: Ground, process: Process, at: number): void => {
  process.wakes += 1;
  const { wakes, machine } = process;
  const lateMs = findTrouble(machine, 'lag')?.lagMs ?? 0;
  ground.agenda.note(at - machine.clockMs + lateMs, () => {
    if (process.wakes === wakes) process.station.enqueue(() => process.station.step({ kind: 'tick' }));
  });
};

/** Gets a plan from another machine's disk. */
const fetchPlan = (ground: Ground, process: Process, { planId, from }: Of<'fetchPlan'>): void => {
  const { random, machine, station } = process;
  const fails = findTrouble(machine, 'noPlans') !== undefined;
  noteFor(ground, process, fails ? 1_000 : random.between(5, 50), () => {
    const holder = fails ? undefined : findHolder(ground, process, from);
    const plan = holder?.machine.disk.plans.get(planId)?.plan;
    if (plan === undefined) station.step({ kind: 'planNotFetched', planId, from });
    else givePlan(ground, process, planId, plan);
  });
};

type PlanAdded = Extract<Event, { readonly kind: 'planAdded' }>;

/** Stores a plan, if it is new here, and hands it to the agent with all that the disk knows of it. */
export const givePlan = (ground: Ground, process: Process, planId: PlanId, plan: PlanAdded['plan']): void => {
  const { disk } = process.machine;
  disk.plans.set(planId, { plan, ending: undefined });
  process.given.add(planId);
  process.ended.delete(planId);
  const entries = listEntries(disk, planId);
  const hasFiles = plan.files === true && !ground.scenario.sharedFiles;
  const files = hasFiles ? { files: listFiles(disk, planId, entries) } : {};
  process.station.step({ kind: 'planAdded', planId, plan, entries, ...files });
};

/** An agent that was told to end ends when it has nothing to do any more. */
const leaveAtRest = ({ core }: Ground, keeper: Keeper, process: Process): void => {
  if (process.machine.isLeaving && process.station.isAlive && core.isAtRest(process.state)) {
    keeper.kill(process, 'left');
  }
};

import type { Effect } from '../../../src/core/effect.ts';
import type { HostId, PlanId, TaskName } from '../../../src/core/ids.ts';
import type { FetchTrouble } from '../../../src/core/input.ts';
import { filesOf } from './disk.ts';
import type { Ground, Machine, Process } from './ground.ts';
import { findProcess, findTrouble, noteFor } from './ground.ts';
import type { StoredFile } from './trace.ts';

type FetchFile = Extract<Effect, { readonly kind: 'fetchFile' }>;

/** Until a host that does not answer is given up. */
const silenceMs = 3_000;

/** Whether one machine can get something from another now: both ways must be open. */
const isReachable = (ground: Ground, a: Machine, b: Machine): boolean =>
  ground.network.links.isOpen(a.index, b.index) && !b.isPaused;

/** Gets a file from another machine's disk; the answer comes as an event. */
export const fetchFile = (ground: Ground, process: Process, effect: FetchFile): void => {
  const { machine } = process;
  const { planId, task, from } = effect;
  const own = filesOf(machine.disk, planId).get(task);
  if (own?.isSound === true && effect.digests.includes(own.digest)) {
    noteFor(ground, process, 1, () => process.station.step({ kind: 'fileFetched', planId, task }));
    return;
  }
  if (findTrouble(machine, 'noRoom') !== undefined) {
    refuse(ground, process, effect, { afterMs: 1, why: 'full' });
    return;
  }
  const holder = findHolder(ground, process, from);
  if (holder === undefined) {
    refuse(ground, process, effect, { afterMs: silenceMs, why: 'unreachable' });
    return;
  }
  if (findOffer(ground, holder, effect) === undefined) {
    refuse(ground, process, effect, { afterMs: 2, why: 'gone' });
    return;
  }
  const size = ground.tasks.get(planId)?.get(task)?.sizeBytes ?? 0;
  const afterMs = 2 + findDuration(ground, size, findSpeed(ground, holder.machine, machine));
  noteFor(ground, process, afterMs, () => finish(ground, process, effect));
};

/** However slow a link is when a transfer begins, the rest of it is fast once all faults are over. */
const findDuration = ({ scenario, agenda }: Ground, size: number, speed: number): number =>
  Math.min(size / speed, Math.max(0, scenario.healMs - agenda.nowMs) + size / scenario.network.bytesPerMs);

const finish = (ground: Ground, process: Process, effect: FetchFile): void => {
  const { planId, task, from } = effect;
  const holder = findHolder(ground, process, from);
  const file = holder === undefined ? undefined : findOffer(ground, holder, effect);
  const why = holder === undefined ? 'unreachable' : file === undefined ? 'gone' : 'corrupt';
  if (file?.isSound !== true) {
    process.station.step({ kind: 'fileNotFetched', planId, task, from, why });
    return;
  }
  filesOf(process.machine.disk, planId).set(task, file);
  process.machine.unnoticed.get(planId)?.delete(task);
  process.station.step({ kind: 'fileFetched', planId, task });
};

const refuse = (
  ground: Ground,
  process: Process,
  { planId, task, from }: FetchFile,
  { afterMs, why }: { readonly afterMs: number; readonly why: FetchTrouble },
): void =>
  noteFor(ground, process, afterMs, () =>
    process.station.step({ kind: 'fileNotFetched', planId, task, from, why }),
  );

/** The process that serves a host's files, if this one can reach it. */
export const findHolder = (ground: Ground, process: Process, from: HostId): Process | undefined => {
  const holder = findProcess(ground, from);
  if (holder === undefined || !isReachable(ground, process.machine, holder.machine)) return undefined;
  return findTrouble(holder.machine, 'noServe') === undefined ? holder : undefined;
};

/** What a holder hands out. One that finds nothing where it thought to have a file knows better from then on. */
const findOffer = (
  ground: Ground,
  holder: Process,
  { planId, task, digests }: FetchFile,
): StoredFile | undefined => {
  const file = filesOf(holder.machine.disk, planId).get(task);
  if (file === undefined) noticeFile(ground, holder.machine, planId, task);
  return file !== undefined && digests.includes(file.digest) ? file : undefined;
};

/** A machine finds out that a file is gone, or bad, and deletes what is left of it. */
export const noticeFile = (ground: Ground, machine: Machine, planId: PlanId, task: TaskName): void => {
  if (machine.unnoticed.get(planId)?.delete(task) !== true) return;
  const files = filesOf(machine.disk, planId);
  if (files.get(task)?.isSound === false) files.delete(task);
  const { process } = machine;
  if (process === undefined || !process.given.has(planId)) return;
  noteFor(ground, process, 0, () => process.station.step({ kind: 'fileGone', planId, task }));
};

const findSpeed = (ground: Ground, from: Machine, to: Machine): number => {
  const { links } = ground.network;
  const speeds = [links.findSpeed(links.find(from.index, to.index))];
  for (const machine of [from, to]) {
    const slow = findTrouble(machine, 'slowFiles');
    if (slow !== undefined) speeds.push(slow.bytesPerMs);
  }
  return Math.min(...speeds);
};

import { hostId } from '../../../src/core/ids.ts';
import { rateBuilds } from './builds.ts';
import { createStream } from './chance.ts';
import { copyDisk, createDisk, filesOf, flipRow } from './disk.ts';
import type { Ground, Machine } from './ground.ts';
import { findTrouble } from './ground.ts';
import { createMachine } from './machine.ts';
import { endProcess, measure, resumeProcess, startProcess } from './processes.ts';
import type { Fault, SpanFault, TwistFault } from './scenario.ts';
import { noticeFile } from './transfers.ts';

type Of<Kind extends Fault['kind']> = Extract<Fault, { readonly kind: Kind }>;
/** A fault of one machine that lasts. */
export type Lasting = SpanFault | (Of<'leave'> & { readonly forMs: number });

const downKinds: ReadonlySet<Fault['kind']> = new Set(['crash', 'powerLoss', 'wipe', 'leave']);
/** A crash in the midst of a step that does not come is one between two steps. */
const crashLatestMs = 3_000;

/** The machine gets into trouble; what is returned gets it out of it. */
export const beginTrouble = (ground: Ground, machine: Machine, fault: Lasting): (() => void) => {
  machine.troubles.push(fault);
  const leave = enterTrouble(ground, machine, fault);
  return () => {
    machine.troubles.splice(machine.troubles.indexOf(fault), 1);
    leave();
    reviveMachine(ground, machine);
  };
};

/** Starts a machine that is to be up. */
export const reviveMachine = (ground: Ground, machine: Machine): void => {
  const isKept = machine.troubles.some(({ kind }) => downKinds.has(kind));
  if (machine.hasJoined && !isKept) startProcess(ground, machine);
};

const enterTrouble = (ground: Ground, machine: Machine, fault: Lasting): (() => void) => {
  const { process } = machine;
  switch (fault.kind) {
    case 'pause':
      if (process !== undefined) process.pauses += 1;
      return () => {
        if (machine.process !== undefined) resumeProcess(machine.process);
      };
    case 'crash':
      crash(ground, machine, fault);
      return nothing;
    case 'powerLoss':
      if (process !== undefined) endProcess(ground, process, 'power', fault.keptShare);
      machine.isPowered = false;
      return nothing;
    case 'wipe':
      if (process !== undefined) endProcess(ground, process, 'power');
      machine.isPowered = false;
      machine.wipes += 1;
      machine.disk = createDisk(hostId(`${machine.disk.host}w`));
      machine.unnoticed.clear();
      return nothing;
    case 'clone':
      return beginClone(ground, machine);
    case 'lag':
      return tellTwice(machine, () => {
        const lagMs = findTrouble(machine, 'lag')?.lagMs ?? 0;
        machine.process?.station.step({ kind: 'lag', lagMs });
      });
    case 'fullDisk':
      return tellTwice(machine, () =>
        machine.process?.station.step({ kind: 'resources', resources: measure(machine) }),
      );
    case 'allowance':
      return tellTwice(machine, () => tellAllowance(machine));
    case 'drained':
      return tellTwice(machine, () => tellDrained(machine));
    case 'evicted':
      return beginEviction(ground, machine, fault);
    case 'speed':
      return tellTwice(machine, () => {
        if (machine.process !== undefined) rateBuilds(ground, machine.process);
      });
    case 'leave':
      return beginLeave(ground, machine, fault);
    default:
      return nothing;
  }
};

const nothing = (): void => {};

/** Does something now and when the trouble is over, in the process that there is then. */
const tellTwice = (machine: Machine, tell: () => void): (() => void) => {
  machine.process?.station.enqueue(tell);
  return () => machine.process?.station.enqueue(tell);
};

const tellAllowance = ({ spec, process, troubles }: Machine): void => {
  const bound = troubles.reduce(
    (most, fault) => (fault.kind === 'allowance' ? fault.slots : most),
    spec.slots,
  );
  const slots = Math.max(1, Math.min(spec.slots, bound));
  const cores = Math.max(1, Math.floor((spec.cores * slots) / spec.slots));
  process?.station.step({ kind: 'allowance', slots, cores });
};

const tellDrained = (machine: Machine): void => {
  const isDrained = findTrouble(machine, 'drained') !== undefined;
  machine.process?.station.step({ kind: 'drained', isDrained });
};

/** The operator who put it out of the mesh starts its agent anew in the end, if nothing else has. */
const beginEviction = (ground: Ground, machine: Machine, { by }: Of<'evicted'>): (() => void) => {
  const { process: evicted } = machine;
  const desk = ground.machines.find(({ name }) => name === by)?.process;
  if (evicted?.station.isAlive !== true || desk?.station.isAlive !== true || desk === evicted) return nothing;
  desk.station.enqueue(() => desk.station.step({ kind: 'hostEvicted', host: evicted.life.host }));
  return () => {
    if (!machine.isGone) endProcess(ground, evicted, 'crash');
  };
};

const crash = (ground: Ground, { process }: Machine, { effectsMax }: Of<'crash'>): void => {
  if (process === undefined) return;
  if (effectsMax === undefined) {
    endProcess(ground, process, 'crash');
    return;
  }
  process.effectsLeft = effectsMax;
  ground.agenda.note(ground.agenda.nowMs + crashLatestMs, () => endProcess(ground, process, 'crash'));
};

/** Two agents have one name, until an operator sees it, ends the copy, and starts the right one again. */
const beginClone = (ground: Ground, machine: Machine): (() => void) => {
  const count = ground.machines.filter(({ spec }) => spec === machine.spec).length;
  const disk = copyDisk(machine.disk);
  const index = ground.machines.length;
  const copy = createMachine(ground.scenario, machine.spec, {
    index,
    name: `${machine.name}+${count}`,
    disk,
  });
  ground.machines.push(copy);
  copy.hasJoined = true;
  startProcess(ground, copy);
  return () => {
    copy.isGone = true;
    if (copy.process !== undefined) endProcess(ground, copy.process, 'crash');
    machine.disk.incarnation = Math.max(machine.disk.incarnation, copy.disk.incarnation);
    if (machine.process !== undefined) endProcess(ground, machine.process, 'crash');
  };
};

const beginLeave = (ground: Ground, machine: Machine, fault: Of<'leave'>): (() => void) => {
  tellToEnd(ground, machine, fault);
  return () => {
    if (machine.process !== undefined) endProcess(ground, machine.process, 'crash');
  };
};

/** Tells an agent to end, and after a while, if so wished, to end at once. */
export const tellToEnd = (ground: Ground, machine: Machine, { mode, hasteMs }: Of<'leave'>): void => {
  const { process } = machine;
  if (process?.station.isAlive !== true) return;
  machine.isLeaving = true;
  process.station.enqueue(() => process.station.step({ kind: 'shutdown', mode }));
  if (hasteMs === undefined || mode === 'now') return;
  ground.agenda.note(ground.agenda.nowMs + hasteMs, () =>
    process.station.enqueue(() => process.station.step({ kind: 'shutdown', mode: 'now' })),
  );
};

/** Some of a machine's files are not what they were; sooner or later it finds out. */
export const spoilFiles = (ground: Ground, machine: Machine, fault: Of<'badFiles'>): void => {
  const { share, how, foundMs, atMs } = fault;
  for (const [planId, files] of machine.disk.files) {
    for (const [task, file] of files) {
      const random = createStream(ground.scenario.seed, 'files', machine.name, atMs, planId, task);
      if (!random.chance(share)) continue;
      if (how === 'vanish') files.delete(task);
      else filesOf(machine.disk, planId).set(task, { ...file, isSound: false });
      const unnoticed = machine.unnoticed.get(planId) ?? new Set();
      machine.unnoticed.set(planId, unnoticed.add(task));
      ground.agenda.note(ground.agenda.nowMs + foundMs, () => noticeFile(ground, machine, planId, task));
    }
  }
};

/** It finds out about all that is not what it was. */
export const checkFiles = (ground: Ground, machine: Machine): void => {
  for (const [planId, tasks] of machine.unnoticed) {
    for (const task of [...tasks]) noticeFile(ground, machine, planId, task);
  }
};

/** The machine never comes back. */
export const dieForGood = (ground: Ground, machine: Machine, how: 'process' | 'machine'): void => {
  machine.isGone = true;
  if (machine.process !== undefined)
    endProcess(ground, machine.process, how === 'machine' ? 'power' : 'crash');
};

/** Small things that happen to a machine, and are over. */
export const trouble = (machine: Machine, fault: TwistFault): void => {
  switch (fault.kind) {
    case 'bitFlip':
      flipRow(machine.disk, fault.share);
      break;
    case 'wallJump':
      machine.wallMs += fault.byMs;
      break;
    case 'unwanted':
      machine.process?.station.enqueue(() =>
        machine.process?.station.step({ kind: 'filesUnwanted', count: fault.count }),
      );
      break;
  }
};

import type { PlanId, TaskName } from '../../../src/core/ids.ts';
import { createStream } from './chance.ts';
import type { Disk } from './disk.ts';
import { listEntries } from './disk.ts';
import type { Machine } from './ground.ts';
import type { HostSpec, Scenario } from './scenario.ts';
import type { StoredFile } from './trace.ts';

/** What a mesh is called, and which protocols its agents speak, unless a scenario says otherwise for a host. */
export const meshName = 'mesh';
export const protocols = { oldest: 1, newest: 2 };

/** A machine that is switched on and on which no agent has started yet. */
export const createMachine = (
  { seed }: Scenario,
  spec: HostSpec,
  { index, name, disk }: { readonly index: number; readonly name: string; readonly disk: Disk },
): Machine => {
  const { mesh, protocol } = spec;
  const speaks = protocol.oldest <= protocols.newest && protocol.newest >= protocols.oldest;
  const machine: Machine = {
    ...{ index, name, spec, disk, isForeign: mesh !== meshName || !speaks, isClone: name !== spec.name },
    clockMs: createStream(seed, 'clock', name).between(0, 1_000_000),
    ...{ isPowered: true, hasJoined: false, isGone: false, isLeaving: false, wallMs: 0, wipes: 0, boots: 0 },
    troubles: [],
    unnoticed: new Map(),
    process: undefined,
    get isUp() {
      return machine.process?.station.isAlive === true;
    },
    get isPaused() {
      return machine.troubles.some(({ kind }) => kind === 'pause');
    },
    get life() {
      return machine.process?.life;
    },
    get state() {
      return machine.process?.state;
    },
    get builds() {
      return machine.isUp ? (machine.process?.builds ?? none) : none;
    },
    get ended() {
      return machine.isUp ? (machine.process?.ended ?? none) : none;
    },
    entries: (planId: PlanId) => listEntries(machine.disk, planId),
    files: (planId: PlanId) => machine.disk.files.get(planId) ?? noFiles,
  };
  return machine;
};

const none: ReadonlyMap<never, never> = new Map<never, never>();
const noFiles: ReadonlyMap<TaskName, StoredFile> = new Map();

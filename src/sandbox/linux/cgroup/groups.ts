import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../../errors.ts';
import { SandboxError } from '../../error.ts';
import { isRunning, ownProcess, type ProcessId } from '../../proc.ts';
import type { GroupDir } from './figures.ts';
import { SlotGroup } from './group.ts';
import { type Controller, controllers, findPlaces, openPlace, readView, type View } from './place.ts';
import { killGroup, listGroups, listProcesses, removeGroup, tryRemove } from './tree.ts';

/** How far below the root of a hierarchy groups of an earlier life are looked for: it may have run elsewhere. */
const sweepDepth = 6;

/** The name of the group of an agent, which no other state directory has. */
export function groupName(stateDir: string): string {
  return `bulkmesh-${createHash('sha256').update(stateDir).digest('hex').slice(0, 12)}`;
}

/**
 * Makes the control groups of one slot, in the group of the agent with this state directory. Undefined where this host
 * lets it make none. Throws SANDBOX_PREPARE.
 */
export async function makeSlotGroup(
  stateDir: string,
  slot: string,
  view: View = readView(),
): Promise<SlotGroup | undefined> {
  const name = groupName(stateDir);
  const { pid, startTicks } = ownProcess();
  const bases: GroupDir[] = [];
  for (const place of findPlaces(view)) {
    try {
      const opened = openPlace(place, name);
      bases.push({ version: place.version, dir: join(place.parent, name), controllers: opened });
    } catch (error) {
      throw new SandboxError('SANDBOX_PREPARE', `no control group in ${place.parent}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
  if (bases.length === 0) return undefined;
  // With its owner: only when that is dead the sweep takes it.
  const dirs = bases.map((base) => ({ ...base, dir: join(base.dir, `${slot}.${pid}.${startTicks}`) }));
  const group = new SlotGroup(dirs, () => {
    for (const { dir } of bases) tryRemove(dir);
  });
  try {
    group.make();
    return group;
  } catch (error) {
    await group.remove();
    throw error;
  }
}

/** What a sweep of groups did. */
export interface SweptGroups {
  readonly groupsRemoved: number;
  readonly processesKilled: number;
  /** What would not go, one line each. */
  readonly left: readonly string[];
}

/**
 * Removes the control groups that earlier lives of the agent with this state directory left, and kills what is in them.
 * Never throws, and touches none whose owner lives.
 */
export async function sweepGroups(stateDir: string, view: View = readView()): Promise<SweptGroups> {
  const name = groupName(stateDir);
  const tops = new Set(findPlaces(view).map(({ top }) => top));
  const bases = [...tops]
    .flatMap((top) => listGroups(top, sweepDepth))
    .filter((dir) => dir.endsWith(`/${name}`));
  const left: string[] = [];
  let groupsRemoved = 0;
  let processesKilled = 0;
  for (const base of bases) {
    try {
      for (const group of listGroups(base, 1).slice(1)) {
        const owner = readOwner(group);
        if (owner === undefined || isRunning(owner)) continue;
        const found = listProcesses(group).length;
        const living = await killGroup(group);
        processesKilled += found - living;
        if (living === 0 && (await removeGroup(group))) groupsRemoved += 1;
        else left.push(`${group}: ${living} processes there survive SIGKILL`);
      }
      tryRemove(base);
    } catch (error) {
      left.push(`${base}: ${messageOf(error)}`);
    }
  }
  return { groupsRemoved, processesKilled, left };
}

/** The agent that made a slot's group, by its name. */
function readOwner(group: string): ProcessId | undefined {
  const [, pid, startTicks] = /\.(\d{1,10})\.(\d{1,15})$/.exec(group) ?? [];
  return pid === undefined ? undefined : { pid: Number(pid), startTicks: Number(startTicks) };
}

/** What control groups can do on this host for the agent that would run as this process. */
export interface GroupsReport {
  /** `1`, `2`, or both where the host has both; empty: none can be made. */
  readonly versions: readonly (1 | 2)[];
  readonly controllers: readonly Controller[];
  /** Whether all processes of a sandbox can be killed in one step. */
  readonly killsAtOnce: boolean;
  /** What cannot be done without, one line each; empty: all can. */
  readonly lost: readonly string[];
}

const losses: Readonly<Record<Controller, string>> = {
  pids: 'limits.processes_total is not kept: a fork bomb meets only the limits of the host',
  memory:
    'limits.memory_total is not kept, how much memory packages take is not measured, and that one of them was killed ' +
    'for want of memory is known only by the words in its log',
  cpu: 'a package with many processes takes CPU time from those with few',
};

/** Says what this host can bound and measure of a sandbox. Changes nothing. */
export function describeGroups(view: View = readView()): GroupsReport {
  const places = findPlaces(view);
  const usable = controllers.filter((name) => places.some((place) => place.controllers.includes(name)));
  return {
    versions: [...new Set(places.map(({ version }) => version))].toSorted(),
    controllers: usable,
    killsAtOnce: places.some((place) => place.version === 2 && hasKill(place.parent)),
    lost: controllers.filter((name) => !usable.includes(name)).map((name) => losses[name]),
  };
}

/** The root of a hierarchy has no such file, the groups below it do. */
function hasKill(parent: string): boolean {
  return listGroups(parent, 1).some((dir) => existsSync(join(dir, 'cgroup.kill')));
}

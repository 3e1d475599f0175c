import { lstatSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import { clearChroot } from './chroot/clear.ts';
import { killNamespaces } from './cleanup/namespaces.ts';
import { killOccupants } from './cleanup/occupants.ts';
import { cleanPlace, isTrashName, isTrashOf } from './cleanup/place.ts';
import type { SweepReport } from './driver.ts';
import { isHeldForPeople } from './hold/record.ts';
import { sweepKitLayers } from './kit.ts';
import { sweepGroups } from './linux/cgroup/groups.ts';
import { releaseClaims } from './none/claim.ts';
import { isRunning, killFamilies, ownProcess, readProcess, signalProcess } from './proc.ts';
import { type RecordState, readBootId, readRecord, type SlotRecord, slotsDir } from './record.ts';

/** What is swept, and around what. */
export interface SweepContext {
  readonly stateDir: string;
  /** Slots that this process has sandboxes in, or is making or cleaning: nothing of theirs is touched. */
  readonly live: ReadonlySet<string>;
}

/**
 * One kind of thing that an earlier life may have left. Removes only what is marked as ours and has no living owner;
 * what it does not tell is zero. An error is told in the report, and the other sweepers go on.
 */
export type Sweeper = (context: SweepContext) => Promise<Partial<SweepReport>>;

/**
 * Removes what earlier lives left below a state directory, of whichever driver: processes, mounts, slot directories,
 * trash, half-unpacked kits, then what `further` sweepers know of. Touches only what carries our record or our name for
 * trash, nothing of another agent that still runs, and none of the `live` slots. May be called at any time. Never
 * throws: what would not go is in the report.
 */
export async function sweepSlots(
  stateDir: string,
  live: ReadonlySet<string>,
  further: readonly Sweeper[] = [],
): Promise<SweepReport> {
  const report = { processesKilled: 0, mountsRemoved: 0, directoriesRemoved: 0 };
  const left: string[] = [];
  const notes: string[] = [];
  for (const sweeper of [sweepSlotGroups, sweepSlotDirs, sweepKits, ...further]) {
    try {
      const part = await sweeper({ stateDir, live });
      report.processesKilled += part.processesKilled ?? 0;
      report.mountsRemoved += part.mountsRemoved ?? 0;
      report.directoriesRemoved += part.directoriesRemoved ?? 0;
      left.push(...(part.left ?? []));
      notes.push(...(part.notes ?? []));
    } catch (error) {
      left.push(messageOf(error));
    }
  }
  return notes.length > 0 ? { ...report, left, notes } : { ...report, left };
}

/** First: it kills all that runs in one step, so that nothing holds what goes next. */
const sweepSlotGroups: Sweeper = async ({ stateDir }) => {
  const { processesKilled, left } = await sweepGroups(stateDir);
  return { processesKilled, left };
};

const sweepKits: Sweeper = async ({ stateDir }) => ({ directoriesRemoved: await sweepKitLayers(stateDir) });

const sweepSlotDirs: Sweeper = async ({ stateDir, live }) => {
  const report = { processesKilled: 0, mountsRemoved: 0, directoriesRemoved: 0 };
  const left: string[] = [];
  const root = slotsDir(stateDir);
  for (const name of listNames(root)) {
    // Its own agent is at it.
    if (live.has(name) || [...live].some((slot) => isTrashOf(name, slot))) continue;
    if (isHeldForPeople(stateDir, name)) continue;
    try {
      const found = await sweepSlot(stateDir, name);
      report.processesKilled += found.processesKilled;
      report.mountsRemoved += found.mountsRemoved;
      report.directoriesRemoved += 1;
    } catch (error) {
      // Somebody else cleaned it in the meantime: then it is as it should be.
      if (lstatSync(join(root, name), { throwIfNoEntry: false }) === undefined) continue;
      left.push(`${join(root, name)}: ${messageOf(error)}`);
    }
  }
  return { ...report, left };
};

/**
 * Removes what is left of one slot whose owner is dead. Throws when the owner lives, when the directory has no record of
 * ours, or when something will not go.
 */
export async function sweepSlot(
  stateDir: string,
  name: string,
): Promise<Pick<SweepReport, 'processesKilled' | 'mountsRemoved'>> {
  const dir = join(slotsDir(stateDir), name);
  if (!lstatSync(dir).isDirectory()) throw new Error('not a directory, and not ours');
  const state = readRecord(dir);
  if (state.kind === 'unmarked' && !isTrashName(name)) {
    // A crash between mkdir and the record leaves it empty; anything else is not ours.
    if (readdirSync(dir).length > 0) throw new Error('it has no record of ours, so it stays');
    rmdirSync(dir);
    return { processesKilled: 0, mountsRemoved: 0 };
  }
  const record = state.kind === 'record' ? state.record : undefined;
  let processesKilled = 0;
  if (record?.boot === readBootId()) {
    refuseForeign(record);
    processesKilled = await killRecorded(record);
  }
  processesKilled += await killNamespaces(dir);
  await releaseClaims(record?.claims ?? []);
  if (record?.chroot !== undefined) {
    const cleared = await clearChroot(dir, record.chroot);
    return { ...cleared, processesKilled: processesKilled + cleared.processesKilled };
  }
  const kill = async () => {
    processesKilled += await killOccupants(dir);
  };
  const mountsRemoved = await cleanPlace({ dir, kill: sharesNamespace(state) ? kill : undefined });
  return { processesKilled, mountsRemoved };
}

/** Where sandboxes lie in the host's own namespaces, whoever is inside is known by where it is. */
function sharesNamespace(state: RecordState): boolean {
  return state.kind === 'record' && state.record.driver !== 'linux' && state.record.driver !== 'none';
}

/** What the record names; normally dead, as its agent is. */
async function killRecorded(record: SlotRecord): Promise<number> {
  const leaders = record.leaders.filter(isStillLeader).map((one) => one.pid);
  const killed = leaders.length > 0 ? await killFamilies(new Set(leaders)) : 0;
  if (record.init === undefined || !isRunning(record.init)) return killed;
  signalProcess(record.init.pid, 'SIGKILL');
  return killed + 1;
}

function refuseForeign({ agent }: SlotRecord): void {
  if (agent.pid === ownProcess().pid || !isRunning(agent)) return;
  throw new Error(`the agent with pid ${agent.pid} still runs and holds it`);
}

/** The number of a session is free for others only when its last member is gone; a later leader started later. */
function isStillLeader(leader: SlotRecord['leaders'][number]): boolean {
  const now = readProcess(leader.pid);
  return now === undefined || now.startTicks === leader.startTicks;
}

function listNames(dir: string): readonly string[] {
  return lstatSync(dir, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(dir) : [];
}

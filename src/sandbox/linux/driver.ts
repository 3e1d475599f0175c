import type { SlotName } from '../../core/ids.ts';
import { messageOf } from '../../errors.ts';
import { type SlotWatch, watchSlot } from '../cleanup/proof.ts';
import type { Sandbox, SandboxDriver, SandboxSpec, SweepReport } from '../driver.ts';
import { SandboxError } from '../error.ts';
import { reach } from '../faultpoint.ts';
import { sweepKept } from '../keep/store.ts';
import { makeLive } from '../live.ts';
import { readMounts } from '../mounts.ts';
import { checkPath } from '../names.ts';
import { createSlotDir, newRecord, replaceRecord, slotsDir } from '../record.ts';
import { removeSlotDir } from '../slot-dir.ts';
import { ownBy, SlotNumbers } from '../slotIds.ts';
import { sweepSlots } from '../sweep.ts';
import { driverTraits } from '../traits.ts';
import { buildSlot, type Storage, verifySlot } from './build.ts';
import type { SlotGroup } from './cgroup/group.ts';
import { makeSlotGroup } from './cgroup/groups.ts';
import { type Init, startInit } from './init.ts';
import { LayerStore } from './layers/store.ts';
import { findAccount } from './outer.ts';
import { planSlot, type Rights } from './plan.ts';
import { LinuxSandbox } from './sandbox.ts';
import { hasUserNamespaces } from './users.ts';
import { WrittenMeter } from './written.ts';

export interface LinuxDriverOptions {
  /** The agent's own directory, absolute; slots live in `slots` below it. */
  readonly stateDir: string;
  readonly storage: Storage;
  /** Directories of the host that every sandbox sees below layers that are dropped; those absent are left out. */
  readonly systemDirs: readonly string[];
  /**
   * Further overlay options, as the probe found them. Default: `volatile`, which Linux has since 5.10, and for an agent
   * without root `userxattr`, which it has since 5.11.
   */
  readonly overlayOptions?: readonly string[];
  /** What layers of installed dependencies may take on the disk; 0, the default: there are none. */
  readonly layersBytesMax?: number;
}

/**
 * Sandboxes of Linux namespaces: an overlay root over the host's system directories, own mount, pid, ipc, uts and
 * net namespaces that live and die with the slot's init, which lives and dies with this process. Without root all of
 * that lies in a user namespace of the agent's account. Throws SANDBOX_SPEC for a state directory that mount options
 * cannot carry.
 */
export function createLinuxDriver(options: LinuxDriverOptions): SandboxDriver {
  checkPath(options.stateDir, 'state directory');
  const live = new Set<string>();
  const numbers = new SlotNumbers();
  const notes: string[] = [];
  const watch: SlotWatch = { isAlone: () => live.size === 1, onNote: (line) => notes.push(line) };
  const layersBytesMax = options.storage === 'disk' ? (options.layersBytesMax ?? 0) : 0;
  const store = new LayerStore(options.stateDir, layersBytesMax);
  return {
    kind: 'linux',
    traits: driverTraits.linux,
    slotsMax: Number.POSITIVE_INFINITY,
    prepare: (slot, spec) =>
      makeLive(live, slot, async (onDestroyed) => {
        const leave = () => {
          numbers.giveBack(slot);
          onDestroyed();
        };
        try {
          return await prepareSlot(slot, spec, { ...options, store, watch, numbers }, leave);
        } catch (error) {
          leave();
          throw error;
        }
      }),
    sweep: (): Promise<SweepReport> =>
      sweepSlots(options.stateDir, live, [
        sweepKept,
        async () => ({ left: await store.sweep(), notes: notes.splice(0) }),
      ]),
  };
}

const defaultOverlayOptions = { root: ['volatile'], own: ['volatile', 'userxattr'] } as const;

async function prepareSlot(
  slot: SlotName,
  spec: SandboxSpec,
  options: LinuxDriverOptions & {
    readonly store: LayerStore;
    readonly watch: SlotWatch;
    readonly numbers: SlotNumbers;
  },
  onDestroyed: () => void,
): Promise<Sandbox> {
  const account = await findAccount();
  const rights = account.kind === 'root' ? 'root' : 'own';
  const { storage, overlayOptions = defaultOverlayOptions[rights] } = options;
  const { slotIds } = spec;
  // By its user namespace: where there is none, all slots build as the same user.
  const hasOwn = slotIds !== undefined && rights === 'root' && (await hasUserNamespaces());
  const builder = hasOwn
    ? { inside: slotIds.user.uid, outside: options.numbers.take(slot, slotIds) }
    : undefined;
  const plan = planSlot(ownBy(spec, builder), options.systemDirs, rights);
  const slotDir = `${slotsDir(options.stateDir)}/${slot}`;
  const record = newRecord('linux', slot, []);
  const proveClean = watchSlot(slotDir, options.watch);
  createSlotDir(slotDir, record);
  let init: Init | undefined;
  let group: SlotGroup | undefined;
  try {
    group = await makeSlotGroup(options.stateDir, slot);
    buildSlot(plan, { slotDir, kitDir: spec.kitDir, storage, overlayOptions, rights });
    reach('prepare.tables');
    init = await startInit(slotDir, storage, builder);
    group?.addInit(init.id.pid);
    verifySlot(plan, readMounts(init.id.pid));
    reach('prepare.verified');
    replaceRecord(slotDir, { ...record, init: init.id });
    reach('prepare.ready');
    const makeUp = describeMakeUp(spec, options, rights);
    const layers = { store: options.store, makeUp, overlayOptions, slotUid: builder?.outside };
    const { kitDir } = spec;
    return new LinuxSandbox(slot, {
      dir: slotDir,
      rights,
      plan,
      kitDir,
      init,
      group,
      meter: new WrittenMeter(`${slotDir}/layers`, init.id.pid, storage),
      layers,
      proveClean,
      onDestroyed,
    });
  } catch (error) {
    await undo(slotDir, init, group);
    if (error instanceof SandboxError) throw error;
    throw new SandboxError('SANDBOX_PREPARE', `cannot prepare ${slotDir}: ${messageOf(error)}`, {
      hint: 'look for free space and inodes below the state directory',
      cause: error,
    });
  }
}

/** What cannot be undone is for the next sweep: the slot carries its record. Why it was not made is worth more. */
async function undo(slotDir: string, init: Init | undefined, group: SlotGroup | undefined): Promise<void> {
  await init?.kill(30_000);
  await group?.remove().catch(() => undefined);
  await removeSlotDir(slotDir).catch(() => undefined);
}

/** All that decides what an installation becomes in a sandbox, apart from what is installed. The kit is named by its content. */
const describeMakeUp = (spec: SandboxSpec, { systemDirs }: LinuxDriverOptions, rights: Rights): string =>
  JSON.stringify([spec.kitDir ?? null, spec.opaqueDirs, systemDirs, rights]);

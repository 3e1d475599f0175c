import type { SlotName } from '../../core/ids.ts';
import { messageOf } from '../../errors.ts';
import type { Sandbox, SandboxDriver, SandboxSpec, SweepReport } from '../driver.ts';
import { SandboxError } from '../error.ts';
import { readMounts } from '../mounts.ts';
import { checkPath, checkSlotName } from '../names.ts';
import { createSlotDir, newRecord, replaceRecord, slotsDir } from '../record.ts';
import { removeSlotDir } from '../slot-dir.ts';
import { sweepSlots } from '../sweep.ts';
import { driverTraits } from '../traits.ts';
import { buildSlot, type Storage, verifySlot } from './build.ts';
import type { SlotGroup } from './cgroup/group.ts';
import { makeSlotGroup } from './cgroup/groups.ts';
import { type Init, startInit } from './init.ts';
import { findAccount } from './outer.ts';
import { planSlot } from './plan.ts';
import { LinuxSandbox } from './sandbox.ts';

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
  return {
    kind: 'linux',
    traits: driverTraits.linux,
    slotsMax: Number.POSITIVE_INFINITY,
    prepare: async (slot, spec) => {
      checkSlotName(slot);
      if (live.has(slot)) throw new SandboxError('SANDBOX_BUSY', `slot ${slot} already has a sandbox`);
      live.add(slot);
      try {
        return await prepareSlot(slot, spec, options, () => live.delete(slot));
      } catch (error) {
        live.delete(slot);
        throw error;
      }
    },
    sweep: (): Promise<SweepReport> => sweepSlots(options.stateDir, live),
  };
}

const defaultOverlayOptions = { root: ['volatile'], own: ['volatile', 'userxattr'] } as const;

async function prepareSlot(
  slot: SlotName,
  spec: SandboxSpec,
  options: LinuxDriverOptions,
  onDestroyed: () => void,
): Promise<Sandbox> {
  const account = await findAccount();
  const rights = account.kind === 'root' ? 'root' : 'own';
  const { storage, overlayOptions = defaultOverlayOptions[rights] } = options;
  const plan = planSlot(spec, options.systemDirs, rights);
  const slotDir = `${slotsDir(options.stateDir)}/${slot}`;
  const record = newRecord('linux', slot, []);
  createSlotDir(slotDir, record);
  let init: Init | undefined;
  let group: SlotGroup | undefined;
  try {
    group = await makeSlotGroup(options.stateDir, slot);
    buildSlot(plan, { slotDir, kitDir: spec.kitDir, storage, overlayOptions, rights });
    init = await startInit(slotDir, storage);
    group?.addInit(init.id.pid);
    verifySlot(plan, readMounts(init.id.pid));
    replaceRecord(slotDir, { ...record, init: init.id });
    return new LinuxSandbox(slot, { dir: slotDir, rights, plan, init, group, onDestroyed });
  } catch (error) {
    await init?.kill(30_000);
    await group?.remove();
    await removeSlotDir(slotDir);
    if (error instanceof SandboxError) throw error;
    throw new SandboxError('SANDBOX_PREPARE', `cannot prepare ${slotDir}: ${messageOf(error)}`, {
      hint: 'look for free space and inodes below the state directory',
      cause: error,
    });
  }
}

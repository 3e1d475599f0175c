import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { SlotName } from '../../core/ids.ts';
import { messageOf } from '../../errors.ts';
import { buildChroot, type ChrootBuild, verifyChroot } from '../chroot/build.ts';
import { claimRoot, releaseRoot } from '../chroot/claim.ts';
import { type ChrootRecord, clearChroot } from '../chroot/clear.ts';
import { makeChrootGroup } from '../chroot/group.ts';
import { planChroot } from '../chroot/plan.ts';
import { refuseExisting, rootBeside } from '../chroot/root.ts';
import { ChrootSandbox } from '../chroot/sandbox.ts';
import type { ChrootSystem } from '../chroot/system.ts';
import { realTools } from '../chroot/tools.ts';
import { watchSlot } from '../cleanup/proof.ts';
import type { Sandbox, SandboxDriver, SandboxSpec } from '../driver.ts';
import { SandboxError } from '../error.ts';
import { reach } from '../faultpoint.ts';
import type { Storage } from '../linux/build.ts';
import { makeLive } from '../live.ts';
import { checkPath } from '../names.ts';
import { createSlotDir, newRecord, slotsDir } from '../record.ts';
import { sweepSlots } from '../sweep.ts';
import { driverTraits } from '../traits.ts';

/** To be shown to whoever builds with driver `mounts`. */
export const mountsWarning =
  'sandboxes are chroots: packages have the network at every stage, see the processes of this host, and what runs as ' +
  'root inside has the rights of root on this host';

export interface MountsDriverOptions {
  /** The agent's own directory, absolute. */
  readonly stateDir: string;
  readonly storage: Storage;
  readonly system: ChrootSystem;
  /** On Linux: directories of the host that are shown read-only; those absent are left out. */
  readonly systemDirs: readonly string[];
  /** Where chroots lie, `-SLOT` follows; undefined: in the slot's directory below the state directory. */
  readonly chrootDir: string | undefined;
}

/**
 * Sandboxes that are chroots over mounts of the host's own directories, as the system's table says. Needs root. Nothing
 * but the file system is the sandbox's own: no network control, no processes of its own.
 */
export function createMountsDriver(options: MountsDriverOptions): SandboxDriver {
  checkPath(options.stateDir, 'state directory');
  const live = new Set<string>();
  return {
    kind: 'mounts',
    traits: driverTraits.mounts,
    slotsMax: Number.POSITIVE_INFINITY,
    prepare: (slot, spec) =>
      makeLive(live, slot, (onDestroyed) => prepareSlot(slot, spec, options, onDestroyed)),
    sweep: () => sweepSlots(options.stateDir, live),
  };
}

async function prepareSlot(
  slot: SlotName,
  spec: SandboxSpec,
  options: MountsDriverOptions,
  onDestroyed: () => void,
): Promise<Sandbox> {
  const { stateDir, storage, system, systemDirs, chrootDir } = options;
  const plan = planChroot(spec, system, systemDirs);
  const slotDir = `${slotsDir(stateDir)}/${slot}`;
  const chroot: ChrootRecord =
    chrootDir === undefined
      ? { root: `${slotDir}/root` }
      : { root: rootBeside(chrootDir, slot), token: randomBytes(16).toString('hex') };
  const proveClean = watchSlot(slotDir);
  createSlotDir(slotDir, { ...newRecord('mounts', slot, []), chroot });
  const tools = realTools(system);
  const build: ChrootBuild = { root: chroot.root, spec, plan, storage };
  const group = await makeChrootGroup(stateDir, slot);
  try {
    makeRoot(chroot);
    await buildChroot(build, tools);
    reach('chroot.built');
    verifyChroot(build, tools);
    reach('chroot.ready');
  } catch (error) {
    await group?.remove().catch(() => undefined);
    await clearChroot(slotDir, chroot);
    if (error instanceof SandboxError) throw error;
    throw new SandboxError('SANDBOX_PREPARE', `cannot prepare ${chroot.root}: ${messageOf(error)}`, {
      hint: 'look for free space and inodes there, and for what mount(8) of this host wants',
      cause: error,
    });
  }
  return new ChrootSandbox({
    slot,
    root: chroot.root,
    system,
    group,
    takeDown: async () => {
      await clearChroot(slotDir, chroot);
      proveClean();
      onDestroyed();
    },
  });
}

/** From the claim on whatever is there is ours, so nothing may be there before. */
function makeRoot({ root, token }: ChrootRecord): void {
  refuseExisting(root);
  if (token !== undefined) claimRoot(root, token);
  reach('chroot.claimed');
  try {
    mkdirSync(root, { mode: 0o700 });
    reach('chroot.made');
  } catch (error) {
    if (token !== undefined) releaseRoot(root, token);
    throw error;
  }
}

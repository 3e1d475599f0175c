import { randomBytes } from 'node:crypto';
import { lstatSync } from 'node:fs';
import type { SlotName } from '../../core/ids.ts';
import { messageOf } from '../../errors.ts';
import { claimRoot } from '../chroot/claim.ts';
import { type ChrootRecord, clearChroot } from '../chroot/clear.ts';
import { makeChrootGroup } from '../chroot/group.ts';
import { lastWords, runOwn } from '../chroot/own-program.ts';
import { refuseExisting, rootBeside } from '../chroot/root.ts';
import { ChrootSandbox } from '../chroot/sandbox.ts';
import type { ChrootSystem } from '../chroot/system.ts';
import { realTools } from '../chroot/tools.ts';
import type { Sandbox, SandboxDriver, SandboxSpec } from '../driver.ts';
import { SandboxError } from '../error.ts';
import { makeLive } from '../live.ts';
import { createSlotDir, newRecord, slotsDir } from '../record.ts';
import { describeEnd } from '../result.ts';
import { sweepSlots } from '../sweep.ts';
import { driverTraits } from '../traits.ts';
import { furnish } from './furnish.ts';

/** To be shown to whoever builds with driver `script`. */
export const scriptWarning =
  'sandboxes are chroots of your own programs: what of this host shows in them, and what can be written there, is ' +
  'what these programs mount; packages have the network at every stage, see the processes of this host, and what ' +
  'runs as root inside has the rights of root on this host';

export interface ScriptDriverOptions {
  /** The agent's own directory, absolute. */
  readonly stateDir: string;
  readonly system: ChrootSystem;
  /** Where chroots lie; `-SLOT` follows. */
  readonly chrootDir: string;
  /** The operator's programs with their arguments; the directory follows. */
  readonly create: readonly string[];
  readonly remove: readonly string[];
}

/**
 * Chroots that the operator's own programs make and remove, as pbulk with chroots has them. Needs root. Prefix and package
 * database are emptied in a new one, and the kit is laid in; what else is there is what the program made.
 */
export function createScriptDriver(options: ScriptDriverOptions): SandboxDriver {
  const live = new Set<string>();
  return {
    kind: 'script',
    traits: driverTraits.script,
    slotsMax: Number.POSITIVE_INFINITY,
    prepare: (slot, spec) =>
      makeLive(live, slot, (onDestroyed) => prepareSlot(slot, spec, options, onDestroyed)),
    sweep: () => sweepSlots(options.stateDir, live),
  };
}

async function prepareSlot(
  slot: SlotName,
  spec: SandboxSpec,
  options: ScriptDriverOptions,
  onDestroyed: () => void,
): Promise<Sandbox> {
  const { stateDir, system, chrootDir, create, remove } = options;
  const slotDir = `${slotsDir(stateDir)}/${slot}`;
  const token = randomBytes(16).toString('hex');
  const chroot: ChrootRecord = { root: rootBeside(chrootDir, slot), token, remover: [...remove] };
  const { root } = chroot;
  createSlotDir(slotDir, { ...newRecord('script', slot, []), chroot });
  const group = await makeChrootGroup(stateDir, slot);
  const sandbox = new ChrootSandbox({
    slot,
    root,
    system,
    group,
    takeDown: async () => {
      await clearChroot(slotDir, chroot);
      onDestroyed();
    },
  });
  try {
    refuseExisting(root);
    claimRoot(root, token);
    await createRoot(root, create);
    await furnish(root, spec, { tools: realTools(system), sandbox });
    return sandbox;
  } catch (error) {
    await group?.remove().catch(() => undefined);
    await clearChroot(slotDir, chroot);
    if (error instanceof SandboxError) throw error;
    throw new SandboxError('SANDBOX_PREPARE', `cannot prepare ${root}: ${messageOf(error)}`, {
      hint: `run ${create.join(' ')} by hand and see what is missing`,
      cause: error,
    });
  }
}

async function createRoot(root: string, create: readonly string[]): Promise<void> {
  const result = await runOwn([...create, root]);
  if (result.kind !== 'exited' || result.code !== 0) {
    const said = lastWords(result);
    const how = result.kind === 'aborted' ? 'took longer than 10 minutes' : describeEnd(result);
    throw new SandboxError('SANDBOX_PREPARE', `${create[0]} ${root} ${how}${said && `: ${said}`}`, {
      hint: 'run it by hand with a directory that does not exist',
    });
  }
  const stat = lstatSync(root, { throwIfNoEntry: false });
  if (stat?.isDirectory() && stat.uid === 0 && (stat.mode & 0o022) === 0) return;
  const what = stat === undefined ? 'is not there' : 'is no directory of root that nobody else can write to';
  throw new SandboxError('SANDBOX_PREPARE', `${create[0]} says that all went well, but ${root} ${what}`, {
    hint: 'the program must make the directory that it is given',
  });
}

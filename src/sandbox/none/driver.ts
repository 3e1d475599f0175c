import { mkdirSync } from 'node:fs';
import type { SlotName } from '../../core/ids.ts';
import type { Sandbox, SandboxDriver, SandboxSpec } from '../driver.ts';
import { SandboxError } from '../error.ts';
import { kitDirectory } from '../kit-directory.ts';
import { makeLive } from '../live.ts';
import { checkPath, outermost } from '../names.ts';
import { runTool } from '../process.ts';
import { createSlotDir, newRecord, replaceRecord, slotsDir } from '../record.ts';
import { removeSlotDir } from '../slot-dir.ts';
import { sweepSlots } from '../sweep.ts';
import { driverTraits } from '../traits.ts';
import { checkClaimable, planClaims, releaseClaims, takeClaims } from './claim.ts';
import { NoneSandbox } from './sandbox.ts';

/** To be shown, loudly, to whoever builds with driver `none`. */
export const noneWarning =
  'NOTHING IS ISOLATED: packages build directly on this host, with your rights, your files and your network. ' +
  'The prefix is emptied before each package, one package is built at a time, and what a build leaves elsewhere stays.';

export interface NoneDriverOptions {
  /** The agent's own directory, absolute. */
  readonly stateDir: string;
}

/**
 * No sandbox at all: commands run as the caller, on the host. Takes only directories that are absent, empty or
 * marked by an earlier build, and empties those. Shares must appear where they are; users and network are as they
 * are. One slot.
 */
export function createNoneDriver(options: NoneDriverOptions): SandboxDriver {
  const live = new Set<string>();
  return {
    kind: 'none',
    traits: driverTraits.none,
    slotsMax: 1,
    prepare: async (slot, spec) => {
      const [other] = live;
      if (other !== undefined) {
        throw new SandboxError('SANDBOX_BUSY', `without isolation only one slot can be: ${other} is there`);
      }
      return makeLive(live, slot, (onDestroyed) => prepareSlot(slot, spec, options.stateDir, onDestroyed));
    },
    sweep: () => sweepSlots(options.stateDir, live),
  };
}

async function prepareSlot(
  slot: SlotName,
  spec: SandboxSpec,
  stateDir: string,
  onDestroyed: () => void,
): Promise<Sandbox> {
  checkSpec(spec);
  const opaque = outermost(spec.opaqueDirs);
  const dirs = outermost([...opaque, ...spec.freshDirs.map(({ path }) => path)]);
  checkClaimable(dirs);
  const slotDir = `${slotsDir(stateDir)}/${slot}`;
  const claims = planClaims(dirs);
  const record = newRecord('none', slot, [...claims]);
  createSlotDir(slotDir, record);
  try {
    await takeClaims(claims);
    for (const dir of opaque) await copyKit(spec.kitDir, dir);
    for (const dir of [...spec.opaqueDirs, ...spec.freshDirs.map(({ path }) => path)]) {
      mkdirSync(dir, { recursive: true, mode: 0o755 });
    }
  } catch (error) {
    await releaseClaims(claims);
    await removeSlotDir(slotDir);
    throw error;
  }
  return new NoneSandbox({
    slot,
    onLeader: (leaders) => replaceRecord(slotDir, { ...record, leaders: [...leaders] }),
    onDestroy: async () => {
      await releaseClaims(claims);
      await removeSlotDir(slotDir);
      onDestroyed();
    },
  });
}

function checkSpec(spec: SandboxSpec): void {
  for (const dir of [...spec.opaqueDirs, ...spec.freshDirs.map(({ path }) => path)])
    checkPath(dir, 'directory');
  for (const { source, target } of spec.shares) {
    if (source === target) continue;
    throw new SandboxError('SANDBOX_SPEC', `without isolation ${source} cannot appear as ${target}`, {
      hint: 'give the directory the same path, or run as root on Linux for real sandboxes',
    });
  }
}

async function copyKit(kitDir: string | undefined, dir: string): Promise<void> {
  const kit = kitDirectory(kitDir, dir);
  if (kit === undefined) return;
  const done = await runTool(['cp', '-RPp', `${kit}/.`, `${dir}/`]);
  if (done.ok) return;
  throw new SandboxError('SANDBOX_PREPARE', `cannot copy the bootstrap kit to ${dir}: ${done.stderr}`, {
    hint: 'look for free space and for rights to write there',
  });
}
